// Package slices publishes what claims can have on this node: one pool, named
// after the node.
//
// It writes only what differs from what it wrote last, gathers changes before it
// does, and bounds how often it writes what flaps: each write goes to the API
// server and from there to every scheduler. Nothing is withdrawn because netagent
// is away; what a pod holds stays listed. Repeated failures to write are the
// helper's to retry.
package slices

import (
	"context"
	"fmt"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/devicehealth"
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
	// WatchDevices returns a channel that holds a token now and after each change.
	WatchDevices() (changed <-chan struct{}, stop func())
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
	// TaintLinkDown is how long a device's link must have been down for a taint, and
	// up for its end; 0: no taints.
	TaintLinkDown time.Duration
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
	wrote     time.Time
	// down are the links that are down; nil: no taints.
	down *devicehealth.Steady
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
	s := &Slices{cfg: cfg}
	if cfg.TaintLinkDown > 0 {
		s.down = devicehealth.NewSteady(cfg.TaintLinkDown)
	}
	return s
}

// Run publishes after each change until the context ends.
func (s *Slices) Run(ctx context.Context) error {
	changed, stop := s.cfg.Inventory.WatchDevices()
	defer stop()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		case <-changed:
			// The first publishing is what pods wait for after a node's start.
			if s.published {
				sleep(ctx, s.cfg.Gather)
			}
		}
		at, err := s.publish(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		again = nil
		if !at.IsZero() {
			again = time.After(time.Until(at))
		}
	}
}

// publish writes the devices there are, unless they are those written last, and
// returns when to do so again although nothing changes; zero: no need.
func (s *Slices) publish(ctx context.Context) (again time.Time, err error) {
	if !s.cfg.Inventory.Synced() {
		return time.Time{}, nil // the end of the sync is a change as well
	}
	node := s.cfg.Inventory.Devices()
	devices := s.devices(ctx, node)
	counters := share(devices, node)
	now := time.Now()
	again = s.taint(now, devices, node)
	if s.published && equality.Semantic.DeepEqual(devices, s.last) {
		return again, nil
	}
	if at := s.notBefore(devices); now.Before(at) {
		return earlier(again, at), nil
	}
	pool := resourceslice.Pool{Slices: append(divide(devices), counterSlices(counters)...)}
	err = s.cfg.Publisher.PublishResources(ctx, resourceslice.DriverResources{
		Pools: map[string]resourceslice.Pool{s.cfg.Node: pool},
	})
	if err != nil {
		return again, fmt.Errorf("publish devices: %w", err)
	}
	s.last, s.published, s.wrote = devices, true, now
	s.cfg.Metrics.SliceWrites.Add(ctx, 1)
	logging.From(ctx).Info("published devices", "pool", s.cfg.Node, "devices", len(devices))
	return again, nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
