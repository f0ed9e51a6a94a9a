// Package plugin answers the kubelet: it prepares and unprepares claims.
//
// A claim is decoded, its interfaces are named, and then the steps bring it
// (package steps). It refuses what package claim and the handlers refuse, and
// what netagent refuses; a claim that is refused has nothing on the node, and
// the other claims of the call do not suffer. Every call may be repeated and
// gives the same answer, after a crash too.
//
// The caller registers the plugin with kubeletplugin.Serialize(false): calls
// run side by side, and the locks keep those of one claim apart.
package plugin

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

// Records finds the records of prepared claims. Get returns nil, nil when
// there is none.
type Records interface {
	Get(claimUID string) (*record.Record, error)
	OfPod(podUID string) []*record.Record
}

// Status is told of claims whose devices have changed. It must not block.
type Status interface {
	Prepared(ctx context.Context, r *record.Record)
	Forget(claimUID string)
}

// Ready is told when the preparing of a claim began. It must not block.
type Ready interface {
	Prepared(r *record.Record, began time.Time)
	Forget(claimUID string)
}

// Health reports the health of the node's devices until the context ends.
type Health interface {
	Watch(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error
}

// Config configures a [Plugin]. What is not marked optional must be set.
type Config struct {
	// Driver is the name that claims are allocated to.
	Driver string
	// Steps bring and take claims.
	Steps *steps.Steps
	// Records are those that Steps writes.
	Records Records
	// CDI returns the qualified CDI name of a device of a claim.
	CDI func(claimUID, key string) string
	// Device finds a device of the node (package inventory); optional.
	Device func(name string) *netagentv1.NodeDevice
	// Locks are shared with all who act on claims.
	Locks *claimlock.Locks
	// Status is optional.
	Status Status
	// Ready is optional.
	Ready Ready
	// Health is optional.
	Health Health
	// NoPodlink refuses claims with settings that only podlink can make.
	NoPodlink bool
	// Attributes has the kubelet's helper told what each device is.
	Attributes bool
	// Fatal is called with an error in the background that will not go away by
	// itself; optional, the error is logged anyway.
	Fatal func(error)
	// Tracer and Metrics are optional.
	Tracer  trace.Tracer
	Metrics *metrics.Metrics
}

// Plugin implements kubeletplugin.DRAPlugin.
type Plugin struct {
	config Config
	names  claim.Names
}

// New returns a plugin.
func New(c Config) *Plugin {
	if c.Tracer == nil {
		c.Tracer = noop.Tracer{}
	}
	if c.Metrics == nil {
		c.Metrics = metrics.Off()
	}
	return &Plugin{config: c}
}

var _ kubeletplugin.DRAPlugin = (*Plugin)(nil)
