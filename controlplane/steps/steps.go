// Package steps is the order of truth: a claim comes as attachments, then as a
// record, then as a CDI spec, and leaves as attachments, spec, record. Wherever
// a run ends, the next one finds what it needs and repeats the rest.
//
// Preparing, following and cleaning up take these ways and no other. The caller
// owes the claim's lock and a context with an end.
package steps

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// undoTimeout bounds what is tried after a failure, when the caller's own time
// may be over.
const undoTimeout = 10 * time.Second

// Agent is netagent, as far as a claim needs it. Both calls may be repeated.
type Agent interface {
	Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error)
	Detach(ctx context.Context, claimUID string) error
}

// Records keeps the records of prepared claims.
type Records interface {
	Put(r *record.Record) error
	Delete(claimUID string) error
}

// Specs keeps the CDI specs of prepared claims. Write lists the links of the
// devices whose keys are in onHost.
type Specs interface {
	Write(r *record.Record, onHost map[string]bool) error
	Remove(claimUID string) error
}

// Steps bring a claim and take it away. All fields must be set.
type Steps struct {
	Agent   Agent
	Records Records
	Specs   Specs
	// HostNetns is the host's network namespace (internal/netns), for podlink.
	HostNetns uint64
}

// AttachNew brings a claim that has no record. When it fails, nothing is left
// of what it did, except of devices that a pod turns out to have already: they
// are not taken from it.
func (s *Steps) AttachNew(ctx context.Context, draft *record.Record) (*record.Record, error) {
	attachments, err := s.attach(ctx, draft)
	if err != nil {
		return nil, err
	}
	r, err := s.keep(ctx, draft, attachments)
	if err != nil && len(onHost(attachments)) == len(attachments) {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		return nil, errors.Join(err, s.Detach(undo, draft.Claim.UID))
	}
	return r, err
}

// Attach brings a claim that has a record again: what is lost is made anew, the
// rest stays. When it fails, what there is stays too.
func (s *Steps) Attach(ctx context.Context, draft *record.Record) (*record.Record, error) {
	attachments, err := s.attach(ctx, draft)
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, draft, attachments)
}

// Observe brings record and spec in line with what netagent says of the claim.
func (s *Steps) Observe(ctx context.Context, r *record.Record, attachments []*netagentv1.Attachment) error {
	now, err := s.fill(r, attachments)
	if err != nil {
		return err
	}
	fault.Point(fault.DriverFollowing)
	if !reflect.DeepEqual(now, r) {
		if err := s.record(ctx, now); err != nil {
			return err
		}
	}
	if err := s.list(ctx, now, attachments); err != nil {
		return err
	}
	fault.Point(fault.DriverRewritten)
	return nil
}

// Detach takes everything of a claim away. All of it may be gone already.
func (s *Steps) Detach(ctx context.Context, claimUID string) error {
	err := tracing.Do(ctx, "detach", func(ctx context.Context) error { return s.Agent.Detach(ctx, claimUID) })
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	fault.Point(fault.DriverDetached)
	err = tracing.Do(ctx, "spec remove", func(context.Context) error { return s.Specs.Remove(claimUID) })
	if err != nil {
		return fmt.Errorf("remove the CDI spec: %w", err)
	}
	fault.Point(fault.DriverSpecRemoved)
	err = tracing.Do(ctx, "record remove", func(context.Context) error { return s.Records.Delete(claimUID) })
	if err != nil {
		return fmt.Errorf("remove the record: %w", err)
	}
	fault.Point(fault.DriverRecordRemoved)
	return nil
}

// attach asks netagent for all devices at once.
func (s *Steps) attach(ctx context.Context, draft *record.Record) (_ []*netagentv1.Attachment, err error) {
	ctx, span := tracing.Start(ctx, "attach")
	defer func() { tracing.End(span, err) }()
	req, err := s.plan(draft)
	if err != nil {
		return nil, err
	}
	resp, err := s.Agent.Attach(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	fault.Point(fault.DriverAttached)
	return resp.GetAttachments(), nil
}

// keep writes down what was attached: the record first, for the spec can be
// made of it.
func (s *Steps) keep(ctx context.Context, draft *record.Record, attachments []*netagentv1.Attachment) (*record.Record, error) {
	r, err := s.fill(draft, attachments)
	if err != nil {
		return nil, err
	}
	if err := s.record(ctx, r); err != nil {
		return nil, err
	}
	fault.Point(fault.DriverRecorded)
	if err := s.list(ctx, r, attachments); err != nil {
		return r, err
	}
	fault.Point(fault.DriverListed)
	return r, nil
}

func (s *Steps) record(ctx context.Context, r *record.Record) error {
	if err := tracing.Do(ctx, "record write", func(context.Context) error { return s.Records.Put(r) }); err != nil {
		return fmt.Errorf("keep the record: %w", err)
	}
	return nil
}

// list makes the spec name exactly the links that are in the host namespace.
func (s *Steps) list(ctx context.Context, r *record.Record, attachments []*netagentv1.Attachment) error {
	err := tracing.Do(ctx, "spec write", func(context.Context) error { return s.Specs.Write(r, onHost(attachments)) })
	if err != nil {
		return fmt.Errorf("write the CDI spec: %w", err)
	}
	return nil
}
