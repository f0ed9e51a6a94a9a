// Package status tells users where their devices are: it keeps status.devices
// of claims, by server-side apply, off the path of preparing them.
//
// Only this driver's entries are written, all of a claim at once, and only when
// they have changed. Nothing depends on them: an API server that is away makes
// them late, and a claim that is gone is no error. What is asked of a [Reporter]
// returns at once; the caller owes one [Reporter.Run].
package status

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	resourceapi "k8s.io/api/resource/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	resourceclient "k8s.io/client-go/kubernetes/typed/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/controlplane/internal/queue"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// defaultDelay gathers what happens to a device into few writes.
	defaultDelay = 500 * time.Millisecond
	// defaultStart is longer than most pods take to start once their claims are
	// prepared, but for pulling images: theirs are then written once.
	defaultStart = 5 * time.Second
	// maxFailures, about a minute of them, bounds what an API server that says
	// no has to hear of one claim.
	maxFailures = 8
)

// Records finds the records of prepared claims. Get returns nil, nil when
// there is none.
type Records interface {
	Get(claimUID string) (*record.Record, error)
}

// Config configures a [Reporter]. What is not marked optional must be set.
type Config struct {
	// Driver is the name that claims are allocated to, and the field manager.
	Driver string
	Claims resourceclient.ResourceClaimsGetter
	// Pods are asked why nobody takes a claim.
	Pods    coreclient.PodsGetter
	Records Records
	// Idle is how long a device may wait for a container before anybody asks;
	// optional, 0 is 10 s.
	Idle time.Duration
	// Delay before a write; optional, 0 is 500 ms.
	Delay time.Duration
	// Start is the delay while all devices of a claim wait for a container;
	// optional, 0 is 5 s.
	Start time.Duration
	// Queue is optional.
	Queue queue.Config
	// Tracer is optional.
	Tracer trace.Tracer
}

// Reporter writes the status of claims.
type Reporter struct {
	config Config
	queue  *queue.Queue

	mu     sync.Mutex
	claims map[string]*state
}

// state is what is known of a claim.
type state struct {
	record  *record.Record
	devices map[string]*device
	causes  []trace.Link // of the next write

	since time.Time // when it was first heard of

	// written is what the API server has, once it was read. Only the claim's
	// worker touches it.
	written []resourceapi.AllocatedDeviceStatus
	read    bool
	usage   usage
}

// New returns a reporter.
func New(c Config) *Reporter {
	if c.Delay == 0 {
		c.Delay = defaultDelay
	}
	if c.Start == 0 {
		c.Start = defaultStart
	}
	if c.Idle == 0 {
		c.Idle = defaultIdle
	}
	if c.Tracer == nil {
		c.Tracer = noop.Tracer{}
	}
	if c.Queue.MaxFailures == 0 {
		c.Queue.MaxFailures = maxFailures
	}
	return &Reporter{config: c, queue: queue.New("write status.devices of a claim", c.Queue), claims: map[string]*state{}}
}

// Run writes until the context ends.
func (r *Reporter) Run(ctx context.Context) error {
	r.queue.Run(ctx, r.write)
	return nil
}

// Prepared says that a claim is prepared. Where its devices are, if that is
// known, stays.
func (r *Reporter) Prepared(ctx context.Context, rec *record.Record) {
	r.change(ctx, rec, func(*state) {})
}

// Observed says where the devices of a claim are.
func (r *Reporter) Observed(ctx context.Context, rec *record.Record, attachments []*netagentv1.Attachment) {
	r.change(ctx, rec, func(s *state) {
		for i := range rec.Devices {
			d := &rec.Devices[i]
			if at := location(handler.Keys(d), attachments); at != netagentv1.Location_LOCATION_UNSPECIFIED {
				s.device(d.Key).move(at)
			}
		}
	})
}

// NotRemade says why those devices of a claim that are lost cannot be made again
// yet.
func (r *Reporter) NotRemade(ctx context.Context, rec *record.Record, why error) {
	r.change(ctx, rec, func(s *state) {
		for _, d := range s.devices {
			d.notRemade = strings.ReplaceAll(why.Error(), "\n", "; ")
		}
	})
}

// InPod says what podlink has reported.
func (r *Reporter) InPod(ctx context.Context, rep report.Report) {
	rec, err := r.config.Records.Get(rep.ClaimUID)
	if err != nil || rec == nil || rec.Device(rep.Device) == nil {
		logging.From(ctx).Warn("podlink reports a device that is not prepared", "claimUID", rep.ClaimUID, "device", rep.Device, "err", err)
		return
	}
	r.change(ctx, rec, func(s *state) { s.device(rep.Device).hear(rep) })
}

// Forget says that a claim is not prepared any more.
func (r *Reporter) Forget(claimUID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.claims, claimUID)
}

// change changes the state of a claim and has it written.
func (r *Reporter) change(ctx context.Context, rec *record.Record, how func(*state)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.claims[rec.Claim.UID]
	if s == nil || !sameDevices(s.record, rec) {
		s = &state{devices: map[string]*device{}, since: time.Now()}
		r.claims[rec.Claim.UID] = s
	}
	s.record = rec
	s.because(ctx)
	how(s)
	r.queue.Add(rec.Claim.UID, r.delay(s))
}

// delay before the write of a change. A sooner one that is due stays so.
func (r *Reporter) delay(s *state) time.Duration {
	if s.waits() {
		return r.config.Start
	}
	return r.config.Delay
}

// waits says whether no container has asked for any of the claim's devices yet.
func (s *state) waits() bool {
	for _, d := range s.devices {
		if !d.waits() {
			return false
		}
	}
	return true
}

func (s *state) device(key string) *device {
	if s.devices[key] == nil {
		s.devices[key] = &device{}
	}
	return s.devices[key]
}

// sameDevices is false when the claim was allocated anew.
func sameDevices(a, b *record.Record) bool {
	return slices.EqualFunc(a.Devices, b.Devices, func(a, b record.Device) bool {
		return a.Key == b.Key && a.Pool == b.Pool && a.Device == b.Device && a.ShareID == b.ShareID
	})
}
