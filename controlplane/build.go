package controlplane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/devicehealth"
	"github.com/hawser-dra/hawser/controlplane/follow"
	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/controlplane/install"
	"github.com/hawser-dra/hawser/controlplane/inventory"
	"github.com/hawser-dra/hawser/controlplane/orphan"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/podreport"
	"github.com/hawser-dra/hawser/controlplane/ready"
	"github.com/hawser-dra/hawser/controlplane/relay"
	"github.com/hawser-dra/hawser/controlplane/status"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/netns"
)

// parts are the driver's, made and not yet running.
type parts struct {
	cfg          Config
	agent        *agent.Client
	inventory    *inventory.Inventory
	locks        *claimlock.Locks
	plugin       *plugin.Plugin
	follower     *follow.Follower
	orphans      *orphan.Collector
	status       *status.Reporter
	registration *health.Registration
	health       *health.Server
	podreports   *podreport.Listener
	records      *checkpoint.Store
	metadata     *metadata
	ready        *ready.Clock
	relay        *relay.Relay // nil: netagent is not traced
}

// locksFile is in the plugin directory, which the twins of a rolling update
// share.
const locksFile = "claims.lock"

// build makes the parts, from those that need none to those that need many.
// Fatal is called when one of them finds later that it cannot go on.
func build(ctx context.Context, cfg Config, onFatal func(error)) (*parts, error) {
	if n := len(cfg.pluginSocket()); n > socketPathMax {
		return nil, fmt.Errorf("socket %s: its path has %d bytes, at most %d are allowed; "+
			"choose a shorter driver name", cfg.pluginSocket(), n, socketPathMax)
	}
	p := &parts{cfg: cfg, registration: new(health.Registration)}
	var err error
	if p.agent, err = agent.New(cfg.NetagentSocket, cfg.Telemetry.watchCalls()); err != nil {
		return nil, err
	}
	p.inventory = inventory.New(inventory.Config{Watcher: p.agent})
	if err = p.buildClaims(ctx, onFatal); err == nil {
		err = p.listen(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// close lets go of what is held, when nothing runs any more.
func (p *parts) close() error {
	return errors.Join(p.agent.Close(), p.locks.Close())
}

// buildClaims makes all that acts on claims.
func (p *parts) buildClaims(ctx context.Context, onFatal func(error)) error {
	records, err := checkpoint.Open(ctx, p.cfg.StateDir)
	if err != nil {
		return err
	}
	p.records = records
	measures, tracer := p.cfg.Telemetry.Metrics, p.cfg.Telemetry.Tracing.Own()
	p.ready = ready.New(measures.Ready)
	podlink, err := p.installPodlink()
	if err != nil {
		return err
	}
	specs, err := cdi.New(cdi.Config{
		Driver: p.cfg.DriverName, Dir: p.cfg.CDIDir, Podlink: podlink, RecordPath: records.Path,
		Rewritten: func() { measures.SpecRewrites.Add(ctx, 1) },
	})
	if err != nil {
		return err
	}
	host, err := netns.Current()
	if err != nil {
		return err
	}
	p.metadata = &metadata{Store: records, cfg: p.cfg}
	steps := &steps.Steps{Agent: p.agent, Records: p.metadata, Specs: specs, HostNetns: host}
	claims := p.cfg.Client.ResourceV1()
	locks, err := claimlock.Open(filepath.Join(p.cfg.PluginDir, locksFile))
	if err != nil {
		return err
	}
	p.locks = locks
	p.status = status.New(status.Config{
		Driver: p.cfg.DriverName, Claims: claims, Pods: p.cfg.Client.CoreV1(), Records: records, Tracer: tracer,
	})
	p.plugin = plugin.New(plugin.Config{
		Driver: p.cfg.DriverName, Steps: steps, Records: records, CDI: specs.DeviceID,
		Device: p.inventory.Device, Locks: locks, Status: p.status, Ready: p.ready, NoPodlink: podlink == "", Attributes: p.cfg.DeviceMetadata, Fatal: onFatal,
		Health: &devicehealth.Reporter{Pool: p.cfg.NodeName, Inventory: p.inventory, Records: records},
		Tracer: tracer, Metrics: measures,
	})
	p.follower = follow.New(follow.Config{
		Inventory: p.inventory, Steps: steps, Records: records, Locks: locks, Status: p.status,
		Tracer: tracer, Metrics: measures,
	})
	p.orphans = orphan.New(orphan.Config{
		Driver: p.cfg.DriverName, Node: p.cfg.NodeName, Claims: claims, Inventory: p.inventory,
		Records: records, Specs: specs, Steps: steps, Locks: locks, Status: forgetters{p.status, p.ready},
		Tracer: tracer, Metrics: measures,
	})
	return nil
}

// installPodlink returns podlink's path on the host, or "" without it.
func (p *parts) installPodlink() (string, error) {
	if p.cfg.Podlink == "" {
		return "", nil
	}
	return install.Podlink(p.cfg.Podlink, p.cfg.PluginDir)
}

// listen takes the sockets that are not the kubelet helper's.
func (p *parts) listen(ctx context.Context) (err error) {
	if p.podreports, err = podreport.Listen(p.cfg.PluginDir, sinks{p.status, p.ready}, p.cfg.Telemetry.Tracing.Own()); err != nil {
		return err
	}
	p.health, err = health.Listen(p.cfg.HealthSocket,
		p.registration.Check(),
		health.Check{Name: "netagent", Ready: p.netagentReady},
		health.Directory("plugin directory", p.cfg.PluginDir),
		health.Directory("kubelet's plugin registry", p.cfg.RegistryDir),
		health.Directory("CDI directory", p.cfg.CDIDir),
		health.Directory("state directory", p.cfg.StateDir),
	)
	if err != nil {
		return err
	}
	return p.observe(ctx)
}

func (p *parts) netagentReady() error {
	if !p.inventory.Synced() {
		return fmt.Errorf("not in sync: is the netagent container running? It is expected at %s", p.cfg.NetagentSocket)
	}
	return nil
}
