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
	"k8s.io/client-go/util/retry"

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
	if apierrors.IsInvalid(err) {
		err = r.update(ctx, claim, entries)
	}
	tracing.End(span, err)
	return err
}

// update writes the entries with the rest of the status, for claims that cannot be
// applied to. Server-side apply writes a claim's parameters anew as it writes
// JSON, with its keys in order and without space; where they were not written so
// that is a change of the allocation, which is refused (measured with 1.37:
// "status.allocation: field cannot be modified once set"). kubectl writes them
// so, programs that marshal a struct do not. An update in protobuf keeps every
// byte.
func (r *Reporter) update(ctx context.Context, claim record.Claim, entries []resourceapi.AllocatedDeviceStatus) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		rc, err := r.get(ctx, claim)
		if err != nil {
			return err
		}
		others := slices.DeleteFunc(rc.Status.Devices, r.owns)
		rc.Status.Devices = slices.Concat(others, entries)
		_, err = r.config.Claims.ResourceClaims(claim.Namespace).UpdateStatus(ctx, rc, metav1.UpdateOptions{FieldManager: r.config.Driver})
		return err
	})
}

// owns says whether an entry is this driver's.
func (r *Reporter) owns(d resourceapi.AllocatedDeviceStatus) bool { return d.Driver == r.config.Driver }

// get reads a claim. Where another one has its name now, it is not found.
func (r *Reporter) get(ctx context.Context, claim record.Claim) (*resourceapi.ResourceClaim, error) {
	rc, err := r.config.Claims.ResourceClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
	if err == nil && string(rc.UID) != claim.UID {
		return nil, apierrors.NewNotFound(resourceapi.Resource("resourceclaims"), claim.Name+" with UID "+claim.UID)
	}
	return rc, err
}

// read learns, once, what an earlier driver has written, so that a restart
// writes nothing and changes no time.
func (r *Reporter) read(ctx context.Context, s *state) error {
	if s.read {
		return nil
	}
	rc, err := r.get(ctx, r.claim(s))
	if err != nil {
		return err
	}
	s.written = slices.DeleteFunc(rc.Status.Devices, func(d resourceapi.AllocatedDeviceStatus) bool { return !r.owns(d) })
	s.usage.pods = podsOf(rc)
	s.read = true
	return nil
}

func (r *Reporter) claim(s *state) record.Claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.record.Claim
}
