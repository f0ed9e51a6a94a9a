package rig

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/netagent/sysfs"
	"github.com/hawser-dra/hawser/netagent/watch"
)

// InProcess is what netagent does for its calls, within this process: what they
// cost without the door, the socket and the other process.
type InProcess struct {
	*attachment.Manager
	links   *link.Conn
	journal *journal.Journal
	locks   *claimlock.Locks
	cancel  context.CancelFunc
	ended   chan error
}

// NewInProcess starts it in a namespace, with its journal in a directory.
func NewInProcess(space *Space, dir string, rules policy.Rules) (*InProcess, error) {
	p := &InProcess{ended: make(chan error, 1)}
	if err := space.Do(func() (err error) { p.links, err = link.Dial(); return err }); err != nil {
		return nil, err
	}
	var err error
	if p.journal, err = journal.Open(dir, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	if p.locks, err = claimlock.Open(filepath.Join(dir, "claims.lock")); err != nil {
		return nil, err
	}
	p.Manager = attachment.New(attachment.Config{
		Links: p.links, Sys: sysfs.New(os.DirFS("/sys")), RDMA: rdma.New(os.DirFS("/sys")),
		Journal: p.journal, Locks: p.locks, Rules: rules, Publisher: watch.New(), Namespace: space.File(),
	})
	return p, p.follow(space)
}

// follow keeps up with the namespace's events until Close.
func (p *InProcess) follow(space *Space) error {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	ready := make(chan struct{})
	go func() { p.ended <- space.Do(func() error { return p.Follow(ctx, func() { close(ready) }) }) }()
	select {
	case <-ready:
		return nil
	case err := <-p.ended:
		p.ended <- err
		return err
	}
}

// Close ends it.
func (p *InProcess) Close() error {
	p.cancel()
	err := <-p.ended
	p.links.Close()
	p.journal.Close()
	return errors.Join(err, p.locks.Close())
}
