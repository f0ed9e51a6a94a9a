// Package controlplane is the driver: it answers the kubelet, publishes what
// the node has, keeps each claim's CDI spec in step with where its links are,
// and cleans up after claims that are gone.
//
// It holds all of Kubernetes and CDI and nothing of the kernel: what has to be
// done there, it asks netagent for. It needs no capability, and write access to
// four directories.
package controlplane

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// Config of the driver. What is not marked optional must be set.
type Config struct {
	// DriverName is what claims are allocated to and the domain of attributes.
	DriverName string
	NodeName   string
	// PodUID tells the drivers of a rolling update apart; optional.
	PodUID string
	Client kubernetes.Interface

	// PluginDir, RegistryDir, CDIDir and StateDir have the same paths here as
	// on the host.
	PluginDir   string
	RegistryDir string
	CDIDir      string
	StateDir    string

	NetagentSocket string
	HealthSocket   string

	// Slots of the virtual device; 0 is the default.
	Slots int64
	// TaintLinkDown is how long a device's link must be down for a taint; 0: none.
	TaintLinkDown time.Duration
	// Podlink is where the image has podlink. Empty: without it, and claims
	// that need it are refused.
	Podlink string

	// DeviceMetadata has each container read, in the file that Kubernetes defines
	// (KEP-5304), what its devices are; one more CDI spec a request.
	DeviceMetadata bool

	Telemetry Telemetry
}

// Run is the driver until the context ends, which is no error, or until a part
// of it cannot go on. At the end its sockets are gone; claims stay prepared.
func Run(ctx context.Context, cfg Config) error {
	cfg.Telemetry = cfg.Telemetry.withDefaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts, err := build(ctx, cfg, func(err error) { cancel(fatal{err}) })
	if err != nil {
		return err
	}
	err = errors.Join(parts.run(ctx), parts.close())
	if f := (fatal{}); errors.As(context.Cause(ctx), &f) {
		err = errors.Join(err, f)
	}
	logging.From(ctx).Info("stopped")
	return err
}

// fatal is why the driver ended itself.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// socketPathMax is UNIX_PATH_MAX less the closing zero byte (linux/un.h).
const socketPathMax = 107

// pluginSocket is the longest path that is bound in the plugin directory.
func (c Config) pluginSocket() string {
	return filepath.Join(c.PluginDir, "dra-"+c.PodUID+".sock")
}
