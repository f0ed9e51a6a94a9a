package attachment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// An RDMA device in exclusive mode belongs to one network namespace and to one
// claim. The runtime does not know of such devices: podlink, in the pod, asks for
// the move and hands its namespace over (package handover). The kernel brings the
// device home when the namespace ends, under the name that it has there. It is
// known by its index, which nobody can change.

// lendExclusive answers with a device that is there, at home or in the claim's pod.
// What is lent for the first time is moved once, to where it is: that shows whether
// its driver can do it, and gives its files the numbers that they will have in the
// pod unless another device goes meanwhile.
func (c call) lendExclusive(ctx context.Context, e journal.Entry) (*netagentv1.Attachment, error) {
	before := c.table.get(c.mark)
	if e.RDMA == nil {
		var err error
		if e, err = c.beginLoan(ctx, e); err != nil {
			return nil, err
		}
	}
	home, err := c.rdma.Devices()
	if err != nil {
		return nil, err
	}
	at, err := c.restoreRDMA(ctx, e, home)
	if err == nil && at.location == lost {
		err = fmt.Errorf("%w: %s", rdma.ErrNotFound, e.Request.GetUverbs().GetIbdev())
	}
	if err != nil {
		return nil, err
	}
	c.table.setIf(before, e, at)
	return message(e, at), nil
}

func (m *Manager) beginLoan(ctx context.Context, e journal.Entry) (journal.Entry, error) {
	home, err := m.rdma.Devices()
	if err != nil {
		return e, err
	}
	ibdev := e.Request.GetUverbs().GetIbdev()
	i := slices.IndexFunc(home, func(d rdma.Device) bool { return d.Name == ibdev })
	if i < 0 {
		return e, fmt.Errorf("%w: %s", rdma.ErrNotFound, ibdev)
	}
	e.RDMA = &journal.RDMA{Index: home[i].Index}
	e.RDMA.Offered.Is = m.rdma.NodeDevices(home, true)[i]
	if err := m.journal.Replace(ctx, e); err != nil {
		return e, err
	}
	if err := m.rdma.Move(e.RDMA.Index, m.namespace); err != nil {
		return e, &ImmovableError{Device: ibdev, Err: err}
	}
	return e, nil
}

// whereExclusive finds a device that is lent among those of the host, or in
// another namespace. One whose driver was loaded again has another index, and the
// name that it was offered with.
func (m *Manager) whereExclusive(e journal.Entry, home []rdma.Device) (place, rdma.Device) {
	was := e.RDMA.Offered.Is.GetRdma()
	for _, d := range home {
		if d.Index == e.RDMA.Index || d.Name == was.GetIbdev() && d.NodeGUID == was.GetNodeGuid() {
			return placeOf(d), d
		}
	}
	if files, ok := m.rdma.Abroad(was.GetIbdev(), e.RDMA.Files.Is.GetCharDevices(), m.others(e, home)); ok {
		return place{location: inPod, ns: link.Host, files: files}, rdma.Device{}
	}
	return place{}, rdma.Device{}
}

// others are the names of the host's devices and of those that are lent beside an
// entry's.
func (m *Manager) others(e journal.Entry, home []rdma.Device) map[string]bool {
	names := map[string]bool{}
	for _, d := range home {
		names[d.Name] = true
	}
	lent := m.table.where(func(row known) bool { return row.entry.RDMA != nil && markOf(row.entry) != markOf(e) })
	for _, row := range lent {
		names[row.entry.RDMA.Offered.Is.GetRdma().GetIbdev()] = true
	}
	return names
}

// restoreRDMA finds a device and gives it its name back if a pod has changed
// it. With an error it says all the same where the device is.
func (m *Manager) restoreRDMA(ctx context.Context, e journal.Entry, home []rdma.Device) (place, error) {
	at, d := m.whereExclusive(e, home)
	name := e.RDMA.Offered.Is.GetRdma().GetIbdev()
	if at.location != onHost || d.Name == name {
		return at, nil
	}
	if err := m.rdma.Rename(d.Index, name); err != nil {
		return at, fmt.Errorf("give RDMA device %s, which a pod has renamed, its name %s back: %w", d.Name, name, err)
	}
	logging.From(ctx).Info("RDMA device that came home given its own name back", "claim", e.Claim, "key", e.Key, "from", d.Name, "to", name)
	return at, nil
}

// HandOver moves the RDMA device of a claim to the network namespace that a file
// is of.
func (m *Manager) HandOver(ctx context.Context, claim, ibdev string, namespace *os.File) error {
	release, err := m.locks.Lock(ctx, claim)
	if err != nil {
		return err
	}
	defer release()
	e, err := m.loan(claim, ibdev)
	if err != nil {
		return err
	}
	home, err := m.rdma.Devices()
	if err != nil {
		return err
	}
	at, d := m.whereExclusive(e, home)
	switch at.location {
	case inPod:
		return &AwayError{Device: rdmaName(ibdev), Where: "in the network namespace of another pod"}
	case lost:
		return fmt.Errorf("%w: %s", rdma.ErrNotFound, ibdev)
	}
	if err := m.rdma.Move(d.Index, namespace); err != nil {
		return &ImmovableError{Device: ibdev, Err: err}
	}
	logging.From(ctx).Log(ctx, logging.Call, "RDMA device moved to a pod", "claim", e.Claim, "key", e.Key, "device", ibdev)
	return m.noteMove(ctx, e)
}

// noteMove writes down which files the device has since it was moved: a pod that
// renames it cannot change them.
func (m *Manager) noteMove(ctx context.Context, e journal.Entry) error {
	home, err := m.rdma.Devices()
	if err != nil {
		return err
	}
	at, _ := m.whereExclusive(e, home)
	e.RDMA.Files.Is = &netagentv1.RdmaDevice{CharDevices: at.files}
	if err := m.journal.Replace(ctx, e); err != nil {
		return err
	}
	m.table.set(e, at)
	return nil
}

// loan returns the entry of a claim's RDMA device, if it is lent.
func (m *Manager) loan(claim, ibdev string) (journal.Entry, error) {
	entries, err := m.journal.Claim(claim)
	if err != nil {
		return journal.Entry{}, err
	}
	for _, e := range entries {
		if e.RDMA != nil && !e.Leaving && e.Request.GetUverbs().GetIbdev() == ibdev {
			return e, nil
		}
	}
	return journal.Entry{}, fmt.Errorf("RDMA device %s is not lent to claim %s: %w", ibdev, claim, journal.ErrNotFound)
}

// giveBackExclusive forgets a device when it is home.
func (m *Manager) giveBackExclusive(ctx context.Context, e journal.Entry) error {
	e.Leaving = true
	if err := m.journal.Replace(ctx, e); err != nil {
		return err
	}
	away := &AwayError{Device: rdmaName(e.Request.GetUverbs().GetIbdev()), Where: "in a pod's network namespace"}
	for end := time.Now().Add(homeTime); ; {
		home, err := m.rdma.Devices()
		if err != nil {
			return err
		}
		at, err := m.restoreRDMA(ctx, e, home)
		switch {
		case err != nil:
			return err
		case at.location != inPod:
			return m.forget(ctx, e)
		case time.Now().After(end):
			return away
		}
		select {
		case <-time.After(homePoll):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), away)
		}
	}
}

// rereadExclusive compares a device that is lent with its entry.
func (m *Manager) rereadExclusive(ctx context.Context, e journal.Entry) error {
	home, err := m.rdma.Devices()
	if err != nil {
		return err
	}
	at, err := m.restoreRDMA(ctx, e, home)
	if err != nil {
		logging.From(ctx).Warn("RDMA device that is lent is not as it should be", "claim", e.Claim, "key", e.Key, "cause", err)
	}
	before := m.table.get(markOf(e))
	if err == nil && e.Leaving && (at.location == onHost || at.location == lost && before.place.location == lost) {
		return m.forget(ctx, e)
	}
	logMove(ctx, e, before, at)
	m.table.set(e, at)
	return nil
}

// Lent returns the RDMA devices in exclusive mode that claims have, as they were
// offered, by their index; home are those that are on the host.
func (m *Manager) Lent(home []rdma.Device) (map[uint32]*netagentv1.NodeDevice, error) {
	entries, err := m.journal.All()
	if err != nil {
		return nil, err
	}
	lent := map[uint32]*netagentv1.NodeDevice{}
	for _, e := range entries {
		if e.RDMA == nil {
			continue
		}
		if at, d := m.whereExclusive(e, home); at.location == onHost {
			lent[d.Index] = e.RDMA.Offered.Is
		} else if at.location == inPod {
			lent[e.RDMA.Index] = e.RDMA.Offered.Is
		}
	}
	return lent, nil
}

func rdmaName(ibdev string) link.Device { return link.Device{Bus: "RDMA device", Name: ibdev} }
