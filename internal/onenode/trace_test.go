package onenode

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/hawser-dra/hawser/controlplane/relay"
	"github.com/hawser-dra/hawser/internal/spantest"
	"github.com/hawser-dra/hawser/telemetry/otlpsocket"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// traced are driver and netagent with one collector: the driver's spans reach
// it directly, netagent's through its socket and the relay.
type traced struct {
	*node
	spans *spantest.Collector
	agent *tracing.Provider
	relay *process
}

func newTraced(t *testing.T) *traced {
	t.Helper()
	n := &traced{node: newNode(t, io.Discard), spans: &spantest.Collector{}}
	n.traces = n.provider("hawser-driver", tracing.Config{Client: n.spans, Sampler: sdktrace.AlwaysSample()})
	socket := filepath.Join(filepath.Dir(n.config.Socket), "otlp.sock")
	r := relay.New(relay.Config{Socket: socket, Client: n.spans, Node: "node1", Log: n.log})
	n.relay = n.run("relay", r.Run)
	n.agent = n.provider("hawser-netagent", tracing.Config{
		Client: otlpsocket.New(socket), Sampler: sdktrace.ParentBased(sdktrace.NeverSample()),
	})
	n.config.Tracer = n.agent
	n.startNetagent()
	n.startDriver()
	return n
}

func (n *traced) provider(service string, c tracing.Config) *tracing.Provider {
	n.t.Helper()
	c.Service, c.Log = service, n.log
	p, err := tracing.New(n.context(), c)
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// end stops everything in the order in which nothing is lost.
func (n *traced) end() {
	n.t.Helper()
	n.stopDriver()
	n.stopNetagent()
	for _, p := range []*tracing.Provider{n.agent, n.traces} {
		p.Close()
		if p.Lost() != 0 {
			n.t.Errorf("%d spans lost", p.Lost())
		}
	}
	n.relay.stop()
}

// TestOneTrace: what driver and netagent do for a claim hangs together, down to
// each request to the kernel, and says where the time went.
func TestOneTrace(t *testing.T) {
	n := newTraced(t)
	const rounds = 20
	for i := range rounds {
		c := newClaim(i, `{"kind": "veth", "interfaceName": "net1"}`)
		if err := n.prepare(c); err != nil {
			t.Fatal(err)
		}
		if err := n.unprepare(c); err != nil {
			t.Fatal(err)
		}
	}
	n.end()

	n.spans.WantCovered(t, "NodePrepare", 0.95)
	n.spans.WantCovered(t, "NodeUnprepare", 0.95)
	created := slices.DeleteFunc(n.spans.Named("netlink RTM_NEWLINK"), func(s *tracepb.Span) bool {
		return !strings.HasPrefix(attributes(s)["netlink.operation"], "create ")
	})
	if len(created) != rounds {
		t.Fatalf("%d links created", len(created))
	}
	for i, s := range created {
		id := tracing.ClaimTrace(string(newClaim(i).UID))
		if !bytes.Equal(s.GetTraceId(), id[:]) {
			t.Errorf("link %d is in trace %x", i, s.GetTraceId())
		}
	}
	if got := n.path(created[0]); got != "NodePrepare/attach/hawser.netagent.v1.NetAgent/Attach/hawser.netagent.v1.NetAgent/Attach/netlink RTM_NEWLINK" {
		t.Errorf("a link is created below %s", got)
	}
	attrs := attributes(created[0])
	if !strings.HasPrefix(attrs["netlink.operation"], "create veth hw") || attrs["hawser.device.kind"] != "veth" || attrs["netlink.request.bytes"] == "" {
		t.Errorf("attributes are %v", attrs)
	}
}

// TestTraceOfARefusal: the reason is at the decision, and all the way up.
func TestTraceOfARefusal(t *testing.T) {
	n := newTraced(t)
	err := n.prepare(newClaim(1, `{"kind": "macvlan", "parent": "lo", "interfaceName": "net1"}`))
	if err == nil {
		t.Fatal("a macvlan on lo")
	}
	n.end()
	for _, name := range []string{"policy", "attach", "NodePrepare"} {
		list := n.spans.Named(name)
		if len(list) != 1 || !strings.Contains(list[0].GetStatus().GetMessage(), "lo") {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// path is the names of a span and all above it.
func (n *traced) path(s *tracepb.Span) string {
	for _, parent := range n.spans.All() {
		if bytes.Equal(parent.GetSpanId(), s.GetParentSpanId()) {
			return n.path(parent) + "/" + s.GetName()
		}
	}
	return s.GetName()
}

func attributes(s *tracepb.Span) map[string]string {
	attrs := map[string]string{}
	for _, a := range s.GetAttributes() {
		attrs[a.GetKey()] = a.GetValue().String()
		if v := a.GetValue().GetStringValue(); v != "" {
			attrs[a.GetKey()] = v
		}
	}
	return attrs
}
