package main_test

import (
	"testing"

	"github.com/hawser-dra/hawser/internal/depstest"
)

func TestDependencies(t *testing.T) {
	const podlink = depstest.Module + "/cmd/podlink"
	depstest.Check(t, podlink, depstest.Forbidden{
		"os/exec":                             "a hook that runs as root starts nothing",
		"os/user":                             "needs cgo or reads the host's files",
		"net/http":                            "its only words are netlink and one datagram",
		"crypto/tls":                          "its only words are netlink and one datagram",
		"log/slog":                            "what it has to say is one sentence on standard error",
		"plugin":                              "loads code",
		"runtime/cgo":                         "it must be static: the image's libraries are not the host's",
		"k8s.io/...":                          "it works while a container starts and stays small",
		"google.golang.org/grpc/...":          "it works while a container starts and stays small",
		"google.golang.org/protobuf/...":      "it works while a container starts and stays small",
		"github.com/vishvananda/netlink":      "nl is enough; the rest asks for VF data at each look",
		"github.com/safchain/ethtool":         "opens an IP socket for what any socket does; internal/ethtool is what netagent's sandbox allows too",
		"github.com/mdlayher/...":             "a second netlink library, for one ioctl's worth of ethtool",
		depstest.Module + "/controlplane/...": "that is another process",
		depstest.Module + "/netagent/...":     "that is another process",
	})
	depstest.CheckOnly(t, podlink,
		podlink,
		depstest.Module+"/podlink/...",
		depstest.Module+"/api/handover",
		depstest.Module+"/api/layer3",
		depstest.Module+"/api/record",
		depstest.Module+"/api/report",
		depstest.Module+"/internal/...",
		"github.com/vishvananda/netlink/nl",
		"github.com/vishvananda/netns",
		"golang.org/x/sys/unix",
	)
}
