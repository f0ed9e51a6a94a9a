package attachment

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// An RDMA device in shared mode is used where it is: nothing of it is changed or
// moved, any number of claims may have it. Its attachment is an entry in the
// journal and the numbers of its device files; it is on the host while the device
// is there, and lost while it is not. One in exclusive mode is lent to one claim and
// moved, see exclusive.go.

// attachUverbs makes or repeats the attachment of an RDMA device.
func (c call) attachUverbs(ctx context.Context) (*netagentv1.Attachment, undo, error) {
	e, err := c.journal.Get(c.mark.Claim, c.mark.Key)
	if errors.Is(err, journal.ErrNotFound) {
		e, _, err = c.admit(ctx)
		if err == nil {
			a, err := c.useRDMA(ctx, e)
			return a, func(ctx context.Context) error { return c.takeBack(ctx, e) }, err
		}
		if errors.Is(err, journal.ErrExists) { // a twin was faster
			e, err = c.journal.Get(c.mark.Claim, c.mark.Key)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if !proto.Equal(e.Request, c.device) {
		return nil, nil, &ConflictError{Claim: c.mark.Claim, Key: c.mark.Key}
	}
	if e.Leaving {
		e.Leaving = false
		if err := c.journal.Replace(ctx, e); err != nil {
			return nil, nil, err
		}
		fault.Point(fault.NetagentLeavingWithdrawn)
	}
	if _, err := c.admitAgain(ctx); err != nil {
		return nil, nil, err
	}
	a, err := c.useRDMA(ctx, e)
	return a, nil, err
}

// useRDMA answers with the device as it is now.
func (c call) useRDMA(ctx context.Context, e journal.Entry) (*netagentv1.Attachment, error) {
	exclusive, err := c.rdma.Exclusive()
	if err != nil {
		return nil, err
	}
	if exclusive || e.RDMA != nil {
		return c.lendExclusive(ctx, e)
	}
	before := c.table.get(c.mark)
	d, err := c.rdmaDevice(ctx, e.Request.GetUverbs().GetIbdev())
	if err != nil {
		return nil, err
	}
	at := placeOf(d)
	c.table.setIf(before, e, at)
	return message(e, at), nil
}

// rdmaDevice reads what a device is now.
func (m *Manager) rdmaDevice(ctx context.Context, name string) (d rdma.Device, err error) {
	err = tracing.Do(ctx, "read RDMA devices", func(context.Context) error {
		d, err = m.rdma.Device(name)
		return err
	})
	return d, err
}

// giveBackUverbs forgets the attachment of an RDMA device.
func (m *Manager) giveBackUverbs(ctx context.Context, e journal.Entry) error {
	if now, err := m.journal.Get(e.Claim, e.Key); err == nil && now.RDMA != nil {
		return m.giveBackExclusive(ctx, now)
	}
	if err := m.journal.Remove(ctx, e.Claim, e.Key); err != nil {
		return err
	}
	fault.Point(fault.NetagentEntryRemoved)
	m.table.drop(markOf(e))
	return nil
}

// RDMAChanged learns which RDMA devices the node has now.
func (m *Manager) RDMAChanged(ctx context.Context, devices []rdma.Device) error {
	entries, err := m.journal.All()
	if err != nil {
		return err
	}
	for _, e := range m.withRows(entries) {
		if e.Request.GetUverbs() == nil {
			continue
		}
		if err := m.rereadUverbs(ctx, markOf(e), devices); err != nil {
			return err
		}
	}
	return nil
}

// rereadUverbs finds the device of one attachment among those that there are. It
// holds the claim's lock, for a call may be giving it back.
func (m *Manager) rereadUverbs(ctx context.Context, mk mark, devices []rdma.Device) error {
	release, err := m.locks.Lock(ctx, mk.Claim)
	if err != nil {
		return err
	}
	defer release()
	e, err := m.journal.Get(mk.Claim, mk.Key)
	if errors.Is(err, journal.ErrNotFound) {
		m.table.drop(mk)
		return nil
	}
	if err != nil || e.Request.GetUverbs() == nil {
		return err
	}
	if e.RDMA != nil {
		return m.rereadExclusive(ctx, e)
	}
	at := findRDMA(devices, e.Request.GetUverbs().GetIbdev())
	logMove(ctx, e, m.table.get(mk), at)
	m.table.set(e, at)
	return nil
}

func logMove(ctx context.Context, e journal.Entry, before known, at place) {
	if before.version != 0 && before.place.location != at.location {
		logging.From(ctx).Log(ctx, logging.Call, "RDMA device is now "+at.location.message().String(), "claim", e.Claim, "key", e.Key)
	}
}

// findRDMA returns where a device is by its name.
func findRDMA(devices []rdma.Device, name string) place {
	for _, d := range devices {
		if d.Name == name {
			return placeOf(d)
		}
	}
	return place{}
}

func placeOf(d rdma.Device) place {
	return place{location: onHost, files: d.CharDevices}
}

// rdmaMessage is the attachment of an RDMA device as the API has it.
func rdmaMessage(e journal.Entry, at place) *netagentv1.Attachment {
	return &netagentv1.Attachment{
		ClaimUid: e.Claim,
		Key:      e.Key,
		Location: at.location.message(),
		Device: &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{
			Ibdev: e.Request.GetUverbs().GetIbdev(), CharDevices: at.files, Exclusive: e.RDMA != nil,
		}},
	}
}
