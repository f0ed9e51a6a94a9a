package nodeview_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/layer3"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/nodeview"
)

const (
	web  = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
	data = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0002"
	left = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0003"
)

// netagent tells of a node and then of no change, or that it cannot.
type netagent struct {
	events []*netagentv1.WatchResponse
	err    error
}

func (n netagent) Watch(ctx context.Context) iter.Seq2[*netagentv1.WatchResponse, error] {
	return func(yield func(*netagentv1.WatchResponse, error) bool) {
		if n.err != nil {
			yield(nil, n.err)
			return
		}
		for _, e := range n.events {
			if !yield(e, nil) {
				return
			}
		}
		<-ctx.Done()
	}
}

func device(d *netagentv1.NodeDevice) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Device{Device: d}}
}

func attachment(uid, key string, at netagentv1.Location, link, ibdev string) *netagentv1.WatchResponse {
	a := &netagentv1.Attachment{ClaimUid: uid, Key: key, Location: at}
	if link != "" {
		a.Device = &netagentv1.Attachment_Link{Link: &netagentv1.Link{Name: link}}
	} else {
		a.Device = &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{Ibdev: ibdev}}
	}
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}}
}

var node = netagent{events: []*netagentv1.WatchResponse{
	device(&netagentv1.NodeDevice{Name: "virtual", Device: &netagentv1.NodeDevice_VirtualLinks{VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512}}}),
	device(&netagentv1.NodeDevice{Name: "nic-0000-01-00-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{
		Link: "eth2", Pci: &netagentv1.PciFunction{Address: "0000:01:00.0"}, Speed: 10000,
	}}}),
	device(&netagentv1.NodeDevice{Name: "rdma-rxe0", Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{
		Ibdev: "rxe0", Netdev: "eth0", PortState: "ACTIVE",
	}}}),
	device(&netagentv1.NodeDevice{Name: "vf-0000-02-10-1", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
		Parent: "eth1", VfIndex: 1, Link: "eth1v1", Pci: &netagentv1.PciFunction{Address: "0000:02:10.1"}, Carrier: true,
	}}}),
	attachment(web, "d0", netagentv1.Location_LOCATION_POD, "hwaaa", ""),
	attachment(web, "d1", netagentv1.Location_LOCATION_HOST, "eth2", ""),
	attachment(data, "d0", netagentv1.Location_LOCATION_LOST, "hwbbb", ""),
	attachment(data, "d0rdma", netagentv1.Location_LOCATION_HOST, "", "rxe0"),
	attachment(left, "d0", netagentv1.Location_LOCATION_HOST, "hwccc", ""),
	{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}},
}}

// states writes the records of two claims.
func states(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	link := func(name, host string, addresses ...string) *record.Link {
		l := &record.Link{Name: name, HostName: host, Alias: "mark", MAC: "02:00:00:00:00:01"}
		for _, a := range addresses {
			l.Addresses = append(l.Addresses, layer3.Address{Address: a})
		}
		return l
	}
	for _, r := range []record.Record{
		{Claim: record.Claim{UID: web, Namespace: "shop", Name: "web"}, Devices: []record.Device{
			{Key: "d0", Request: "a", Device: "netdev-virtual", Config: json.RawMessage(`{"type":"netdev","netdev":{"kind":"macvlan"}}`), Link: link("net1", "hwaaa", "192.0.2.1/24", "2001:db8::1/64")},
			{Key: "d1", Request: "b", Device: "netdev-virtual", Config: json.RawMessage(`{"type":"netdev","netdev":{"kind":"host-device","hostDevice":"eth2"}}`), Link: link("net2", "eth2")},
		}},
		{Claim: record.Claim{UID: data, Namespace: "shop", Name: "data"}, Devices: []record.Device{{
			Key: "d0", Request: "r", Device: "rdma-rxe0", Config: json.RawMessage(`{"type":"combo","combo":{"kind":"roce","rdma":{"kind":"uverbs"},"netdev":{"kind":"dummy"}}}`),
			Link: link("rdma0", "hwbbb"), RDMA: &record.RDMA{IBDev: "rxe0", CharDevices: []record.CharDevice{{Path: "/dev/infiniband/uverbs0", Major: 231, Minor: 192}}},
		}}},
	} {
		r.Version, r.HostNetns = record.Version, 1
		b, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, r.Claim.UID+record.Suffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func text(t *testing.T, view interface{ WriteText(io.Writer) error }) string {
	t.Helper()
	var b bytes.Buffer
	if err := view.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTables(t *testing.T) {
	n, err := nodeview.Read(t.Context(), node, states(t))
	if err != nil {
		t.Fatal(err)
	}
	const devices = `
DEVICE            KIND         ON HOST  PARENT  PCI ADDRESS   STATE   MBIT/S  CLAIMS
netdev-virtual    virtual      -        -       -             -       -       shop/web
nic-0000-01-00-0  host-device  eth2     -       0000:01:00.0  down    10000   shop/web
rdma-rxe0         uverbs       rxe0     eth0    -             ACTIVE  -       shop/data
vf-0000-02-10-1   sriov-vf     eth1v1   eth1/1  0000:02:10.1  up      -       -
`
	if diff := cmp.Diff(devices[1:], text(t, n.Devices())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const claims = `
CLAIM      REQUEST  KIND         DEVICE          IN POD  ON HOST  LOCATION  ADDRESSES                    UID
shop/data  r        roce         rdma-rxe0       rdma0   hwbbb    lost      -                            ` + data + `
shop/data  r        roce         rdma-rxe0       rxe0    -        host      -                            ` + data + `
shop/web   a        macvlan      netdev-virtual  net1    hwaaa    pod       192.0.2.1/24,2001:db8::1/64  ` + web + `
shop/web   b        host-device  netdev-virtual  net2    eth2     host      -                            ` + web + `
-          -        -            -               -       hwccc    host      -                            ` + left + `
`
	if diff := cmp.Diff(claims[1:], text(t, n.Claims())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPartly: what can be read is shown, and what cannot is in the error.
func TestPartly(t *testing.T) {
	dir := states(t)
	broken := filepath.Join(dir, left+record.Suffix)
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := nodeview.Read(t.Context(), netagent{err: errors.New("netagent does not answer")}, dir)
	if err == nil || !strings.Contains(err.Error(), "netagent does not answer") || !strings.Contains(err.Error(), left) {
		t.Errorf("got %v", err)
	}
	claims := n.Claims()
	if len(claims) != 4 || claims[0].Location != "unknown" || len(n.Devices()) != 0 {
		t.Errorf("%+v\n%+v", claims, n.Devices())
	}
	if _, err := os.Stat(broken); err != nil {
		t.Errorf("looking has changed what is there: %v", err)
	}
}

// TestNothing: JSON of a node without claims has a list, not null.
func TestNothing(t *testing.T) {
	n, err := nodeview.Read(t.Context(), netagent{events: node.events[len(node.events)-1:]}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range []any{n.Claims(), n.Devices()} {
		if b, err := json.Marshal(view); err != nil || string(b) != "[]" {
			t.Errorf("%s, %v", b, err)
		}
	}
}

func TestManyClaimsAreCounted(t *testing.T) {
	all := nodeview.Devices{{Name: "netdev-virtual", Claims: []string{"a/1", "a/2", "a/3", "a/4", "a/5"}}}
	if got := text(t, all); !strings.Contains(got, "a/1,a/2,a/3,+2\n") {
		t.Error(got)
	}
}
