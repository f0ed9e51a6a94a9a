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
		devices, err := requests(&draft.Devices[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("request %q: %w", draft.Devices[i].Request, err))
			continue
		}
		req.Devices = append(req.Devices, devices...)
	}
	return req, errors.Join(errs...)
}

// requests asks for one device, or for the parts of a combination.
func requests(d *record.Device) (list []*netagentv1.DeviceRequest, err error) {
	parts, err := partsOf(d)
	if err != nil {
		return nil, err
	}
	node, err := nodeDevice(d)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		req, err := p.handler.Request(p.config, node)
		if err != nil {
			return nil, err
		}
		req.Key = p.key
		list = append(list, req)
	}
	return list, nil
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

// NodeDevice returns a device of the node that a recorded claim has, as netagent
// told of it then.
func NodeDevice(r *record.Record, name string) (*netagentv1.NodeDevice, bool) {
	for i := range r.Devices {
		if r.Devices[i].Device != name {
			continue
		}
		if node, err := nodeDevice(&r.Devices[i]); err == nil && node != nil {
			return node, true
		}
	}
	return nil, false
}

// fill returns a copy of draft with what netagent has answered.
func (s *Steps) fill(draft *record.Record, attachments []*netagentv1.Attachment) (*record.Record, error) {
	r := *draft
	r.HostNetns = s.HostNetns
	r.Devices = slices.Clone(draft.Devices)
	for i := range r.Devices {
		if err := fillDevice(&r.Devices[i], attachments); err != nil {
			return nil, fmt.Errorf("request %q: %w", r.Devices[i].Request, err)
		}
	}
	return &r, nil
}

func fillDevice(d *record.Device, attachments []*netagentv1.Attachment) error {
	parts, err := partsOf(d)
	if err != nil {
		return err
	}
	for _, p := range parts {
		a := attachment(attachments, p.key)
		if a == nil {
			return fmt.Errorf("netagent has no attachment %s", p.key)
		}
		if err := p.handler.Record(p.config, a, d); err != nil {
			return err
		}
	}
	return nil
}

// part is what netagent attaches under one key.
type part struct {
	key     string
	config  *v1alpha1.DeviceConfig
	handler handler.Handler
}

func partsOf(d *record.Device) ([]part, error) {
	config := new(v1alpha1.DeviceConfig)
	if err := json.Unmarshal(d.Config, config); err != nil {
		return nil, fmt.Errorf("configuration in the record: %w", err)
	}
	table := handler.All()
	var parts []part
	for _, p := range table.Parts(config) {
		h, err := table.For(p.Config)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{key: d.Key + p.Suffix, config: p.Config, handler: h})
	}
	return parts, nil
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
