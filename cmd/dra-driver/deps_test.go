package main

import (
	"testing"

	"github.com/hawser-dra/hawser/internal/depstest"
)

const driver = depstest.Module + "/cmd/dra-driver"

func TestDependencies(t *testing.T) {
	depstest.Check(t, driver, depstest.Forbidden{
		"github.com/vishvananda/...":           "the kernel's side is netagent's: the driver has no capability to use it with",
		"github.com/mdlayher/...":              "the kernel's side is netagent's: the driver has no capability to use it with",
		depstest.Module + "/netagent/...":      "the two processes share an API and nothing else",
		depstest.Module + "/podlink/...":       "it runs in pods and speaks netlink",
		"github.com/containerd/nri/...":        "its socket is as good as root on the node",
		"github.com/containerd/containerd/...": "the driver reaches the runtime through CDI files alone",
		"k8s.io/client-go/kubernetes/fake":     "is for tests",
		"testing":                              "is for tests",
		"net/http/pprof":                       "opens the process's memory to whoever asks",
		"plugin":                               "loads code",
		"runtime/cgo":                          "the image has no libraries",
	})
}

// Client-go brings os/exec, for the credential helpers of a kubeconfig, and
// Prometheus expvar; our own packages are held to more than what they are linked
// with. What expvar registers is served by nobody: there is no server with the
// default handler.
func TestDirectImports(t *testing.T) {
	depstest.CheckDirect(t, depstest.Module+"/controlplane", depstest.Forbidden{
		"os/exec":                          "the driver starts nothing",
		"expvar":                           "registers a handler behind one's back",
		"os/signal":                        "main alone ends the process",
		"flag":                             "what can be set is in a Config",
		"log":                              "log/slog, in the context, is the one way to log",
		"k8s.io/klog/v2":                   "log/slog, in the context, is the one way to log",
		"k8s.io/client-go/rest":            "main alone decides how the API server is reached",
		"k8s.io/client-go/tools/clientcmd": "main alone decides how the API server is reached",
	})
}
