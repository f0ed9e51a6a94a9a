// Package slices publishes what claims can have on this node: one pool, named
// after the node.
//
// It writes only what differs from what it wrote last, and gathers changes
// before it does: each write goes to the API server and from there to every
// scheduler. Nothing is withdrawn because netagent is away; what a pod holds
// stays listed. Repeated failures to write are the helper's to retry.
package slices

import (
	"context"
	"fmt"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

const (
	// DefaultSlots of a device that claims share.
	DefaultSlots = 128
	// defaultGather is longer than a card takes to show all its VFs.
	defaultGather = time.Second
)

// Inventory is what netagent says of the node.
type Inventory interface {
	// Synced says whether Devices is complete.
	Synced() bool
	Devices() []*netagentv1.NodeDevice
	// DevicesChanged holds a token after each change.
	DevicesChanged() <-chan struct{}
}

// Publisher makes the resources known to the cluster, in the end: what cannot
// be written now is tried again until other resources are published.
type Publisher interface {
	PublishResources(ctx context.Context, resources resourceslice.DriverResources) error
}

// Config of a [Slices].
type Config struct {
	// Driver is the driver's name, the domain of attributes and capacities.
	Driver string
	// Node is the node's name, and so the pool's.
	Node string
	// Slots of each device that claims share; 0 is DefaultSlots.
	Slots     int64
	Inventory Inventory
	Publisher Publisher
	// Gather changes for that long before a write; 0 is a second.
	Gather time.Duration
	// Metrics are optional.
	Metrics *metrics.Metrics
}

// Slices publishes the inventory.
type Slices struct {
	cfg  Config
	last []resourceapi.Device
	// published tells "no device" from "nothing yet".
	published bool
}

// New returns a Slices that publishes when it runs.
func New(cfg Config) *Slices {
	if cfg.Slots == 0 {
		cfg.Slots = DefaultSlots
	}
	if cfg.Gather == 0 {
		cfg.Gather = defaultGather
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metrics.Off()
	}
	return &Slices{cfg: cfg}
}

// Run publishes after each change until the context ends.
func (s *Slices) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.cfg.Inventory.DevicesChanged():
		}
		// The first publishing is what pods wait for after a node's start.
		if s.published {
			sleep(ctx, s.cfg.Gather)
		}
		if err := s.publish(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// publish writes the devices there are, unless they are those written last.
func (s *Slices) publish(ctx context.Context) error {
	if !s.cfg.Inventory.Synced() {
		return nil // the end of the sync is a change as well
	}
	devices := s.devices(ctx, s.cfg.Inventory.Devices())
	if s.published && equality.Semantic.DeepEqual(devices, s.last) {
		return nil
	}
	pool := resourceslice.Pool{Slices: divide(devices)}
	err := s.cfg.Publisher.PublishResources(ctx, resourceslice.DriverResources{
		Pools: map[string]resourceslice.Pool{s.cfg.Node: pool},
	})
	if err != nil {
		return fmt.Errorf("publish devices: %w", err)
	}
	s.last, s.published = devices, true
	s.cfg.Metrics.SliceWrites.Add(ctx, 1)
	logging.From(ctx).Info("published devices", "pool", s.cfg.Node, "devices", len(devices))
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
