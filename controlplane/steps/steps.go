// Package steps is the order of truth: a claim comes as attachments, then as a
// record, then as a CDI spec, and leaves as attachments, spec, record. Wherever
// a run ends, the next one finds what it needs and repeats the rest.
//
// Preparing, following and cleaning up all take these two ways and no other.
// The caller owes the claim's lock.
package steps

import (
	"context"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler"
)

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

// Steps bring a claim and take it away. All fields but Handlers must be set.
type Steps struct {
	Agent   Agent
	Records Records
	Specs   Specs
	// Handlers is handler.All() when nil.
	Handlers handler.Table
}
