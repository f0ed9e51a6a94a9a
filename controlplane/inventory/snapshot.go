package inventory

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// What a netagent gone wrong can make the driver keep is bounded.
const (
	// maxObjects of one sort: a node has at most 512 attachments, and no
	// hardware has as many VFs.
	maxObjects = 16384
	// maxPerClaim as in an AttachRequest.
	maxPerClaim = 8
)

// snapshot is what the node has.
type snapshot struct {
	devices map[string]*netagentv1.NodeDevice
	// attachments by claim UID and key.
	attachments map[string]map[string]*netagentv1.Attachment
}

func newSnapshot() snapshot {
	return snapshot{
		devices:     map[string]*netagentv1.NodeDevice{},
		attachments: map[string]map[string]*netagentv1.Attachment{},
	}
}

// apply takes one event in. Synced changes nothing.
func (s snapshot) apply(event *netagentv1.WatchResponse) error {
	switch e := event.GetEvent().(type) {
	case *netagentv1.WatchResponse_Device:
		s.devices[e.Device.GetName()] = e.Device
	case *netagentv1.WatchResponse_DeviceGone:
		delete(s.devices, e.DeviceGone)
	case *netagentv1.WatchResponse_Attachment:
		s.attach(e.Attachment)
	case *netagentv1.WatchResponse_AttachmentGone:
		s.detach(e.AttachmentGone)
	}
	if len(s.devices) > maxObjects || len(s.attachments) > maxObjects {
		return fmt.Errorf("netagent tells of more than %d devices or claims", maxObjects)
	}
	if uid := claimOf(event); len(s.attachments[uid]) > maxPerClaim {
		return fmt.Errorf("netagent tells of more than %d attachments of claim %s", maxPerClaim, uid)
	}
	return nil
}

func (s snapshot) attach(a *netagentv1.Attachment) {
	of := s.attachments[a.GetClaimUid()]
	if of == nil {
		of = map[string]*netagentv1.Attachment{}
		s.attachments[a.GetClaimUid()] = of
	}
	of[a.GetKey()] = a
}

func (s snapshot) detach(gone *netagentv1.AttachmentGone) {
	of := s.attachments[gone.GetClaimUid()]
	delete(of, gone.GetKey())
	if len(of) == 0 {
		delete(s.attachments, gone.GetClaimUid())
	}
}

// claimOf returns the claim that an event is about, or "".
func claimOf(event *netagentv1.WatchResponse) string {
	if a := event.GetAttachment(); a != nil {
		return a.GetClaimUid()
	}
	return event.GetAttachmentGone().GetClaimUid()
}
