package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/internal/depstest"
)

const (
	agent = depstest.Module + "/cmd/netagent"
	tree  = depstest.Module + "/netagent/..."
)

func TestDependencies(t *testing.T) {
	depstest.Check(t, agent, depstest.Forbidden{
		"k8s.io/...":      "it knows nothing of Kubernetes, whose clients open IP sockets",
		"sigs.k8s.io/...": "it knows nothing of Kubernetes",
		"tags.cncf.io/container-device-interface/...":                         "who can write CDI files is root on the node: the driver's part",
		"github.com/opencontainers/...":                                       "it starts no container and enters none",
		"github.com/containerd/...":                                           "it does not speak to the runtime",
		depstest.Module + "/controlplane/...":                                 "the two processes share an API and nothing else",
		depstest.Module + "/podlink/...":                                      "it runs in pods",
		"github.com/vishvananda/netlink":                                      "it asks for VF data at each look-up; nl builds requests without",
		"github.com/safchain/ethtool":                                         "opens an IP socket, which the sandbox forbids",
		"github.com/mdlayher/...":                                             "generic netlink reaches much more than ethtool",
		"os/exec":                                                             "it runs no program",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc/...": "the environment could point it at an address",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp/...": "the environment could point it at an address",
		"github.com/prometheus/...":                                           "the driver has the metrics",
		"net/http/pprof":                                                      "opens the process's memory to whoever asks",
		"net/rpc":                                                             "gRPC on one Unix socket is its only door",
		"expvar":                                                              "registers a handler behind one's back",
		"plugin":                                                              "loads code",
		"runtime/cgo":                                                         "the image has no libraries",
		"testing":                                                             "is for tests",
		"google.golang.org/grpc/reflection":                                   "nobody but the driver needs to know the API",
	})
}

// gRPC brings net/http and crypto/tls in, for its HTTP/2 transport, and
// OpenTelemetry os/user, for an attribute that is not asked for; our own code uses
// none of them.
func TestDirectImports(t *testing.T) {
	depstest.CheckDirect(t, agent, depstest.Forbidden{
		"net/http":                     "gRPC on one Unix socket is its only door",
		"crypto/tls":                   "the kernel says who the caller is",
		"os/user":                      "it reads no file of the host; ids are numbers",
		"github.com/vishvananda/netns": "no namespace is entered: an nsid is enough",
		"log":                          "log/slog, in the context",
		"math/rand":                    "names are hashes, not chance",
	})
}

// TestNetlinkInOnePlace holds netlink to the packages that may speak it.
func TestNetlinkInOnePlace(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, agent, tree).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var speakers []string
	for line := range strings.Lines(string(out)) {
		from, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(imports, "vishvananda/netlink") {
			speakers = append(speakers, strings.TrimPrefix(from, depstest.Module+"/netagent/"))
		}
	}
	if want := []string{"link", "rdma"}; !slices.Equal(speakers, want) {
		t.Errorf("netlink is imported by %v, want %v", speakers, want)
	}
}
