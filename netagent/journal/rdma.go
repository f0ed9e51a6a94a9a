package journal

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// RDMA is an RDMA device in exclusive mode that is lent to a claim.
type RDMA struct {
	// Index is what the device is known by, wherever it is and whatever it is
	// called there.
	Index uint32 `json:"index"`
	// Offered is what it was offered as, and stays offered as in a pod.
	Offered Message[*netagentv1.NodeDevice] `json:"offered"`
	// Files are its device files since it was moved last.
	Files Message[*netagentv1.RdmaDevice] `json:"files"`
}

func (r *RDMA) check() error {
	switch {
	case r == nil:
		return nil
	case r.Offered.Is.GetRdma().GetIbdev() == "":
		return errors.New("offered as no RDMA device")
	}
	return nil
}

// Message is one of the API's, in JSON.
type Message[M proto.Message] struct{ Is M }

// MarshalJSON is for encoding/json.
func (m Message[M]) MarshalJSON() ([]byte, error) { return protojson.Marshal(m.Is) }

// UnmarshalJSON is for encoding/json.
func (m *Message[M]) UnmarshalJSON(b []byte) error {
	var none M
	m.Is, _ = none.ProtoReflect().Type().New().Interface().(M)
	if err := protojson.Unmarshal(b, m.Is); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	return nil
}
