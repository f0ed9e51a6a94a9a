package scale

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/internal/fakeagent"
	"github.com/hawser-dra/hawser/internal/kubeclient"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// driver is one pod of the DaemonSet: the driver and its netagent, which has what
// the one before it has left.
type driver struct {
	meter                          *Meter
	netagent                       *fakeagent.Server
	podUID                         string
	pluginDir, registryDir, cdiDir string
	netagentSocket, healthSocket   string
	end                            context.CancelFunc
	done                           chan error
}

// next starts the node's next driver, which outlives the phase, and waits until it
// is ready and in step with the API server.
func (n *node) next(ctx, phase context.Context) error {
	d, err := n.startDriver(ctx)
	if err != nil {
		return err
	}
	if err := d.register(phase); err != nil {
		return err
	}
	return d.synced(phase)
}

// startDriver starts the node's next driver, as the kubelet starts its pod, and
// does not wait for it.
func (n *node) startDriver(ctx context.Context) (*driver, error) {
	d, err := n.newDriver()
	if err != nil {
		return nil, err
	}
	client, err := d.client(n.access)
	if err != nil {
		return nil, err
	}
	ctx, d.end = context.WithCancel(logging.With(ctx, "node", n.Name, "pod", d.podUID))
	if err := d.serveNetagent(ctx); err != nil {
		d.end()
		return nil, err
	}
	cfg := controlplane.Config{
		DriverName: driverName, NodeName: n.Name, PodUID: d.podUID, Client: client,
		PluginDir: d.pluginDir, RegistryDir: d.registryDir, StateDir: filepath.Join(d.pluginDir, "claims"),
		CDIDir: d.cdiDir, NetagentSocket: d.netagentSocket, HealthSocket: d.healthSocket,
		Podlink: n.podlink,
	}
	go func() { d.done <- controlplane.Run(ctx, cfg) }()
	n.drivers = append(n.drivers, d)
	return d, nil
}

// newDriver makes the directories of the node's next driver: some are the node's,
// some its pod's.
func (n *node) newDriver() (*driver, error) {
	n.pods++
	uid := fmt.Sprintf("p%d", n.pods)
	d := &driver{
		meter: new(Meter), podUID: uid, done: make(chan error, 1),
		netagent:       n.netagent,
		pluginDir:      filepath.Join(n.dir, "plugin"),
		registryDir:    filepath.Join(n.dir, "registry"),
		cdiDir:         filepath.Join(n.dir, "cdi"),
		netagentSocket: filepath.Join(n.dir, uid, "netagent.sock"),
		healthSocket:   filepath.Join(n.dir, uid, "health.sock"),
	}
	for _, dir := range []string{d.pluginDir, d.registryDir, d.cdiDir, filepath.Dir(d.netagentSocket)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// client is the driver's own, and counted.
func (d *driver) client(access *rest.Config) (kubernetes.Interface, error) {
	config := rest.CopyConfig(access)
	kubeclient.Configure(config, kubeclient.DefaultQPS, kubeclient.DefaultBurst)
	config.Dial = d.meter.Dial
	config.Wrap(d.meter.Wrap)
	return kubernetes.NewForConfig(config)
}

func (d *driver) serveNetagent(ctx context.Context) error {
	l, err := net.Listen("unix", d.netagentSocket)
	if err != nil {
		return fmt.Errorf("netagent: %w", err)
	}
	server := grpc.NewServer()
	netagentv1.RegisterNetAgentServer(server, d.netagent)
	context.AfterFunc(ctx, server.Stop)
	go func() { _ = server.Serve(l) }()
	return nil
}

// stop ends the driver as the end of its pod does.
func (d *driver) stop() error {
	d.end()
	return <-d.done
}

// synced waits until the driver has compared what the API server has of the node
// with what the node has: it asks for the node between the two.
func (d *driver) synced(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		select {
		case err := <-d.done:
			d.done <- nil // for stop
			return false, errors.Join(errors.New("a driver has ended"), err)
		default:
		}
		return d.meter.Traffic().Calls[Call{"get", "nodes"}].Requests > 0, nil
	})
}

// pollEvery is the pause between two looks at what does not tell by itself.
const pollEvery = 100 * time.Millisecond

func poll(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
}
