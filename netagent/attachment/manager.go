// Package attachment makes links for claims, or lends those of the node's
// hardware, takes them back, and knows where each of them is. It also knows which
// claims use which RDMA device.
//
// Both calls are idempotent and all or none. The order is always the same:
// identify, ask the policy, write the journal, change the kernel, mark, read
// back. What exists is decided by the journal and the kernel at each call, never
// by memory alone, for a twin netagent may have acted meanwhile: "exists" and
// "gone" are answers. What must not meet is a call that makes and one that takes
// back: each claim has a lock, which twins share.
//
// It refuses to touch a link that has an attachment's name but not its marks. It
// believes a pod nothing but that a link is there: name, alias, group and
// addresses can be changed in it. A borrowed link is known by its hardware, and
// what it was is in the journal before anything of it is changed. Its caller owes requests that have been
// validated, and [Manager.Follow] running.
package attachment

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// Config is what a Manager works with. All of it is required.
type Config struct {
	Links   *link.Conn
	RDMA    *rdma.Reader
	Sys     sysfs.FS
	Journal *journal.Journal
	// Locks are shared with all that use the journal.
	Locks     *claimlock.Locks
	Rules     policy.Rules
	Publisher Publisher
	// Namespace is netagent's own network namespace.
	Namespace *os.File
}

// Manager attaches and detaches. It may be used by many goroutines.
type Manager struct {
	links   *link.Conn
	rdma    *rdma.Reader
	sys     sysfs.FS
	journal *journal.Journal
	rules   policy.Rules
	table   *table
	locks   *claimlock.Locks

	namespace *os.File

	// finishing are those who wait to see a new link finished.
	finishing sync.WaitGroup
	// returns are lent links that come home.
	returns returns
}

// New returns a Manager.
func New(c Config) *Manager {
	return &Manager{
		links:   c.Links,
		rdma:    c.RDMA,
		sys:     c.Sys,
		journal: c.Journal,
		rules:   c.Rules,
		table:   newTable(c.Publisher),
		locks:   c.Locks,

		namespace: c.Namespace,
	}
}

// Attach makes all devices of a claim ready, or none, and returns them in the
// order of the request.
func (m *Manager) Attach(ctx context.Context, caller peer.Identity, req *netagentv1.AttachRequest) ([]*netagentv1.Attachment, error) {
	if err := checkKeys(req.GetDevices()); err != nil {
		return nil, err
	}
	release, err := m.locks.Lock(ctx, req.GetClaimUid())
	if err != nil {
		return nil, err
	}
	defer release()

	var changes []undo
	var answer []*netagentv1.Attachment
	for _, d := range req.GetDevices() {
		c := call{Manager: m, caller: caller, mark: mark{Claim: req.GetClaimUid(), Key: d.GetKey()}, device: d}
		a, back, err := c.attach(ctx)
		if back != nil {
			changes = append(changes, back)
		}
		if err != nil {
			return nil, errors.Join(err, undoAll(ctx, changes))
		}
		answer = append(answer, a)
	}
	return answer, nil
}

// Detach takes back all that a claim has. After an error the rest of it has
// been taken back all the same.
func (m *Manager) Detach(ctx context.Context, claim string) error {
	release, err := m.locks.Lock(ctx, claim)
	if err != nil {
		return err
	}
	defer release()
	entries, err := m.journal.Claim(claim)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range slices.Backward(entries) {
		errs = append(errs, m.takeBack(ctx, e))
	}
	return errors.Join(errs...)
}

func checkKeys(devices []*netagentv1.DeviceRequest) error {
	seen := map[string]bool{}
	for _, d := range devices {
		if seen[d.GetKey()] {
			return &RepeatedKeyError{Key: d.GetKey()}
		}
		seen[d.GetKey()] = true
	}
	return nil
}
