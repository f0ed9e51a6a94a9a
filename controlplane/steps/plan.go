package steps

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler"
)

// plan says what to ask netagent for. All devices that cannot be planned are in
// the error.
func (s *Steps) plan(draft *record.Record) (*netagentv1.AttachRequest, error) {
	req := &netagentv1.AttachRequest{ClaimUid: draft.Claim.UID}
	var errs []error
	for i := range draft.Devices {
		device, err := s.request(&draft.Devices[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", draft.Devices[i].Request, err))
			continue
		}
		req.Devices = append(req.Devices, device)
	}
	return req, errors.Join(errs...)
}

func (s *Steps) request(d *record.Device) (*netagentv1.DeviceRequest, error) {
	config, h, err := s.handler(d)
	if err != nil {
		return nil, err
	}
	node, err := nodeDevice(d)
	if err != nil {
		return nil, err
	}
	req, err := h.Request(config, node)
	if err != nil {
		return nil, err
	}
	req.Key = d.Key
	return req, nil
}

// nodeDevice returns what was allocated, as netagent told of it; nil for the
// virtual device.
func nodeDevice(d *record.Device) (*netagentv1.NodeDevice, error) {
	if len(d.Node) == 0 {
		return nil, nil
	}
	node := new(netagentv1.NodeDevice)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(d.Node, node); err != nil {
		return nil, fmt.Errorf("device of the node in the record: %w", err)
	}
	return node, nil
}

// fill returns a copy of draft with what netagent has answered.
func (s *Steps) fill(draft *record.Record, attachments []*netagentv1.Attachment) (*record.Record, error) {
	r := *draft
	r.HostNetns = s.HostNetns
	r.Devices = slices.Clone(draft.Devices)
	for i := range r.Devices {
		d := &r.Devices[i]
		a := attachment(attachments, d.Key)
		if a == nil {
			return nil, fmt.Errorf("request %q: netagent has no attachment %s", d.Request, d.Key)
		}
		config, h, err := s.handler(d)
		if err != nil {
			return nil, fmt.Errorf("request %q: %w", d.Request, err)
		}
		if err := h.Record(config, a, d); err != nil {
			return nil, fmt.Errorf("request %q: %w", d.Request, err)
		}
	}
	return &r, nil
}

func (s *Steps) handler(d *record.Device) (*v1alpha1.DeviceConfig, handler.Handler, error) {
	config := new(v1alpha1.DeviceConfig)
	if err := json.Unmarshal(d.Config, config); err != nil {
		return nil, nil, fmt.Errorf("configuration in the record: %w", err)
	}
	table := s.Handlers
	if table == nil {
		table = handler.All()
	}
	h, err := table.For(config)
	return config, h, err
}

func attachment(all []*netagentv1.Attachment, key string) *netagentv1.Attachment {
	for _, a := range all {
		if a.GetKey() == key {
			return a
		}
	}
	return nil
}

// onHost returns the keys of the devices that are in the host namespace.
func onHost(attachments []*netagentv1.Attachment) map[string]bool {
	keys := map[string]bool{}
	for _, a := range attachments {
		if a.GetLocation() == netagentv1.Location_LOCATION_HOST {
			keys[a.GetKey()] = true
		}
	}
	return keys
}
