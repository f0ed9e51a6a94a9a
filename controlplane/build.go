package controlplane

import (
	"context"
	"errors"
	"fmt"

	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/controlplane/install"
	"github.com/hawser-dra/hawser/controlplane/inventory"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/podreport"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/netns"
)

// parts are the driver's, made and not yet running.
type parts struct {
	cfg          Config
	agent        *agent.Client
	inventory    *inventory.Inventory
	plugin       *plugin.Plugin
	registration *health.Registration
	health       *health.Server
	podreports   *podreport.Listener // nil without podlink
}

// build makes the parts, from those that need none to those that need many.
// Fatal is called when one of them finds later that it cannot go on.
func build(ctx context.Context, cfg Config, onFatal func(error)) (*parts, error) {
	if n := len(cfg.pluginSocket()); n > socketPathMax {
		return nil, fmt.Errorf("socket %s: its path has %d bytes, at most %d are allowed; "+
			"choose a shorter driver name", cfg.pluginSocket(), n, socketPathMax)
	}
	p := &parts{cfg: cfg, registration: new(health.Registration)}
	var err error
	if p.agent, err = agent.New(cfg.NetagentSocket); err != nil {
		return nil, err
	}
	p.inventory = inventory.New(inventory.Config{Watcher: p.agent})
	if err := errors.Join(p.buildClaims(ctx, onFatal), p.listen()); err != nil {
		return nil, errors.Join(err, p.agent.Close())
	}
	return p, nil
}

// buildClaims makes all that acts on claims.
func (p *parts) buildClaims(ctx context.Context, onFatal func(error)) error {
	records, err := checkpoint.Open(ctx, p.cfg.StateDir)
	if err != nil {
		return err
	}
	podlink, err := p.installPodlink()
	if err != nil {
		return err
	}
	specs, err := cdi.New(cdi.Config{
		Driver: p.cfg.DriverName, Dir: p.cfg.CDIDir, Podlink: podlink, RecordPath: records.Path,
	})
	if err != nil {
		return err
	}
	host, err := netns.Current()
	if err != nil {
		return err
	}
	locks := new(claim.Locks)
	steps := &steps.Steps{Agent: p.agent, Records: records, Specs: specs, HostNetns: host}
	p.plugin = plugin.New(plugin.Config{
		Driver: p.cfg.DriverName, Steps: steps, Records: records, CDI: specs.DeviceID,
		Locks: locks, NoPodlink: podlink == "", Fatal: onFatal,
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
func (p *parts) listen() (err error) {
	p.health, err = health.Listen(p.cfg.HealthSocket,
		p.registration.Check(),
		health.Check{Name: "netagent", Ready: p.netagentReady},
		health.Directory("plugin directory", p.cfg.PluginDir),
		health.Directory("kubelet's plugin registry", p.cfg.RegistryDir),
		health.Directory("CDI directory", p.cfg.CDIDir),
		health.Directory("state directory", p.cfg.StateDir),
	)
	return err
}

func (p *parts) netagentReady() error {
	if !p.inventory.Synced() {
		return fmt.Errorf("not in sync: is the netagent container running? It is expected at %s", p.cfg.NetagentSocket)
	}
	return nil
}
