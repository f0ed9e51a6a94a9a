package onenode

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/follow"
	"github.com/hawser-dra/hawser/controlplane/inventory"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
)

// settle is how long a lost link may wait for its claim to go too, less than on
// a real node.
const settle = 5 * time.Millisecond

// driver is one life of the driver.
type driver struct {
	*process
	agent  *agent.Client
	locks  *claimlock.Locks
	plugin *plugin.Plugin
}

// startDriver starts what of the driver acts on claims, without Kubernetes.
func (n *node) startDriver() {
	n.t.Helper()
	n.driver = n.newDriver()
}

func (n *node) newDriver() *driver {
	n.t.Helper()
	records, err := checkpoint.Open(n.context(), n.state)
	if err != nil {
		n.t.Fatal(err)
	}
	specs, err := cdi.New(cdi.Config{Driver: driverName, Dir: n.cdi, Podlink: "/podlink", RecordPath: records.Path})
	if err != nil {
		n.t.Fatal(err)
	}
	client := n.dial()
	s := &steps.Steps{Agent: client, Records: records, Specs: specs, HostNetns: 1}
	locks, err := claimlock.Open(filepath.Join(n.state, "..", "claims.lock"))
	if err != nil {
		n.t.Fatal(err)
	}
	inv := inventory.New(inventory.Config{Watcher: client, MinBackoff: time.Millisecond, MaxBackoff: 10 * time.Millisecond})
	follower := follow.New(follow.Config{Inventory: inv, Steps: s, Records: records, Locks: locks, Settle: settle, Tracer: n.traces.Own()})
	return &driver{
		process: n.run("driver", inv.Run, follower.Run),
		agent:   client, locks: locks,
		plugin: plugin.New(plugin.Config{Driver: driverName, Steps: s, Records: records, CDI: specs.DeviceID, Locks: locks, Tracer: n.traces.Own()}),
	}
}

func (n *node) stopDriver() {
	if n.driver != nil {
		n.end(n.driver)
		n.driver = nil
	}
}

func (n *node) end(d *driver) {
	err := d.agent.Close()
	d.stop()
	if err := errors.Join(err, d.locks.Close()); err != nil {
		n.t.Error(err)
	}
}
