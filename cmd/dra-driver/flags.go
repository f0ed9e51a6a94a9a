package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/internal/kubeclient"
)

const (
	defaultDriver       = "dra.example.com"
	defaultHealthSocket = "/run/hawser/driver/health.sock"
	// defaultNetagentSocket is where the two containers have it.
	defaultNetagentSocket = "/run/hawser/socket/netagent.sock"
	// pluginsDir is the kubelet's, claimsDir is in the plugin's own.
	pluginsDir, claimsDir = "/var/lib/kubelet/plugins", "claims"
	// podlinkInImage is where the image has it.
	podlinkInImage = "/podlink"
)

// options are the flags.
type options struct {
	driver, node, podUID         string
	kubeconfig                   string
	qps                          float64
	burst                        int
	pluginDir, registryDir       string
	cdiDir, stateDir             string
	netagentSocket, healthSocket string
	traceSocket, metricsAddress  string
	slots                        int64
	taintLinkDown                time.Duration
	podlink, requireSandbox      bool
	deviceMetadata               bool
	verbosity                    int
	logFormat                    string
	version                      bool
}

func parse(args []string, getenv func(string) string, output io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("dra-driver", flag.ContinueOnError)
	f.SetOutput(output)
	f.StringVar(&o.driver, "driver-name", defaultDriver, "`name` of the driver, as in DeviceClasses")
	f.StringVar(&o.node, "node-name", getenv("NODE_NAME"), "`name` of this node (default $NODE_NAME)")
	f.StringVar(&o.podUID, "pod-uid", getenv("POD_UID"), "`UID` of this pod, for rolling updates (default $POD_UID)")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` with access to the API server (default: that of the pod)")
	f.Float64Var(&o.qps, "kube-api-qps", kubeclient.DefaultQPS, "requests a second to the API server, at most")
	f.IntVar(&o.burst, "kube-api-burst", kubeclient.DefaultBurst, "requests at once to the API server, at most")
	f.StringVar(&o.pluginDir, "plugin-dir", "", "`directory` of the plugin's data (default /var/lib/kubelet/plugins/<driver-name>)")
	f.StringVar(&o.registryDir, "registry-dir", "/var/lib/kubelet/plugins_registry", "`directory` where the kubelet finds plugins")
	f.StringVar(&o.cdiDir, "cdi-dir", "/etc/cdi", "`directory` of CDI specs")
	f.StringVar(&o.stateDir, "state-dir", "", "`directory` of the claims' records (default <plugin-dir>/claims)")
	f.StringVar(&o.netagentSocket, "netagent-socket", defaultNetagentSocket, "`path` of netagent's socket")
	f.StringVar(&o.healthSocket, "health-socket", defaultHealthSocket, "`path` of the socket for probes")
	f.StringVar(&o.traceSocket, "trace-socket", "/run/hawser/socket/otlp.sock", "`path` of the socket that netagent's spans are taken on when OTEL_EXPORTER_OTLP_ENDPOINT is set; empty: its spans are not taken")
	f.StringVar(&o.metricsAddress, "metrics-address", "", "`address` to serve metrics on besides the health socket, such as :9410 (default none)")
	f.Int64Var(&o.slots, "slots", 128, "how many created links claims may have on this node")
	f.DurationVar(&o.taintLinkDown, "taint-link-down", 0, "taint a device, NoSchedule, whose link has been down for this `long`, until it has been up for as long (default 0, never)")
	f.BoolVar(&o.podlink, "podlink", true, "install the hook that checks and sets interfaces in pods; without it, claims with settings are refused")
	f.BoolVar(&o.deviceMetadata, "device-metadata", false, "have containers read what their devices are in the file that Kubernetes defines (KEP-5304); one more CDI spec for each request of a claim")
	f.BoolVar(&o.requireSandbox, "require-sandbox", false, "do not start on a kernel that lacks a part of the sandbox (Landlock)")
	f.IntVar(&o.verbosity, "v", 0, "verbosity of the log: 2 is each call and change, 4 each step")
	f.StringVar(&o.logFormat, "log-format", "text", "text or json")
	f.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o.complete()
}

// complete sets the defaults that depend on other flags and checks the rest.
func (o options) complete() (options, error) {
	if o.version {
		return o, nil
	}
	if o.pluginDir == "" {
		o.pluginDir = filepath.Join(pluginsDir, o.driver)
	}
	if o.stateDir == "" {
		o.stateDir = filepath.Join(o.pluginDir, claimsDir)
	}
	switch {
	case o.driver == "":
		return o, errors.New("--driver-name must not be empty")
	case o.node == "":
		return o, errors.New("--node-name or NODE_NAME must be set")
	case o.slots < 1:
		return o, fmt.Errorf("--slots is %d, must be at least 1", o.slots)
	case o.taintLinkDown < 0:
		return o, fmt.Errorf("--taint-link-down is %v, must not be negative; 0 is never", o.taintLinkDown)
	case o.qps <= 0 || o.burst < 1:
		return o, fmt.Errorf("--kube-api-qps is %v and --kube-api-burst is %d, both must be positive", o.qps, o.burst)
	}
	return o, nil
}

func (o options) config(client kubernetes.Interface, t controlplane.Telemetry) controlplane.Config {
	cfg := controlplane.Config{
		DriverName: o.driver, NodeName: o.node, PodUID: o.podUID, Client: client,
		PluginDir: o.pluginDir, RegistryDir: o.registryDir, CDIDir: o.cdiDir, StateDir: o.stateDir,
		NetagentSocket: o.netagentSocket, HealthSocket: o.healthSocket, Slots: o.slots, TaintLinkDown: o.taintLinkDown,
		DeviceMetadata: o.deviceMetadata,
		Telemetry:      t,
	}
	if o.podlink {
		cfg.Podlink = podlinkInImage
	}
	return cfg
}
