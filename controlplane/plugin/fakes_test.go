package plugin_test

import (
	"context"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

// status counts what it is told.
type status struct{ prepared, forgotten atomic.Int64 }

func (s *status) Prepared(context.Context, *record.Record) { s.prepared.Add(1) }
func (s *status) Forget(string)                            { s.forgotten.Add(1) }

func refuseParent(name string) func(*netagentv1.DeviceRequest) error {
	return func(r *netagentv1.DeviceRequest) error {
		if r.GetMacvlan().GetParent() != name {
			return nil
		}
		return &fakeagent.Refusal{Code: codes.PermissionDenied, Text: fmt.Sprintf("device %s: parent %s is not allowed", r.GetKey(), name)}
	}
}
