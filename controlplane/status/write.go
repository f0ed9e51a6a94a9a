package status

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	resourceapi "k8s.io/api/resource/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// timeout of one claim's calls.
const timeout = 30 * time.Second

// write brings the API server's entries of one claim in line with what is
// known. A claim that is gone is forgotten.
func (r *Reporter) write(ctx context.Context, claimUID string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s := r.state(claimUID)
	if s == nil {
		return nil
	}
	err := r.sync(ctx, s)
	// The API server answers Conflict when the claim's name has another UID now.
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		r.Forget(claimUID)
		return nil
	}
	return err
}

func (r *Reporter) state(claimUID string) *state {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.claims[claimUID]
}

func (r *Reporter) sync(ctx context.Context, s *state) error {
	if err := r.read(ctx, s); err != nil {
		return fmt.Errorf("read status.devices: %w", err)
	}
	if wait := r.look(ctx, s); wait > 0 {
		defer r.queue.Add(r.claim(s).UID, wait)
	}
	claim, entries := r.entries(s)
	if apiequality.Semantic.DeepEqual(entries, s.written) {
		return nil
	}
	if err := r.apply(ctx, claim, entries, r.takeCauses(s)); err != nil {
		return fmt.Errorf("apply status.devices: %w", err)
	}
	s.written = entries
	logging.From(ctx).Log(ctx, logging.Call, "Wrote status.devices", "claim", claim.Namespace+"/"+claim.Name, "claimUID", claim.UID)
	return nil
}

// apply is a piece of the claim's life of its own: what it is linked with did not
// wait for it.
func (r *Reporter) apply(ctx context.Context, claim record.Claim, entries []resourceapi.AllocatedDeviceStatus, causes []trace.Link) error {
	ctx, span := tracing.StartClaim(ctx, r.config.Tracer, claim.UID, "status apply",
		trace.WithLinks(causes...), trace.WithAttributes(tracing.ClaimName.String(claim.Namespace+"/"+claim.Name)))
	_, err := r.config.Claims.ResourceClaims(claim.Namespace).ApplyStatus(ctx, apply(claim, entries),
		metav1.ApplyOptions{FieldManager: r.config.Driver, Force: true})
	tracing.End(span, err)
	return err
}

// read learns, once, what an earlier driver has written, so that a restart
// writes nothing and changes no time.
func (r *Reporter) read(ctx context.Context, s *state) error {
	if s.read {
		return nil
	}
	claim := r.claim(s)
	rc, err := r.config.Claims.ResourceClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if string(rc.UID) != claim.UID {
		return apierrors.NewConflict(resourceapi.Resource("resourceclaims"), claim.Name, fmt.Errorf("it is another claim now"))
	}
	s.written = slices.DeleteFunc(rc.Status.Devices, func(d resourceapi.AllocatedDeviceStatus) bool {
		return d.Driver != r.config.Driver
	})
	s.usage.pods = podsOf(rc)
	s.read = true
	return nil
}

func (r *Reporter) claim(s *state) record.Claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.record.Claim
}
