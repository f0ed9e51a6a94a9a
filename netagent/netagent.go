// Package netagent is the privileged half of Hawser: it makes network links for
// claims and takes them back, for one caller on one Unix socket.
//
// It holds CAP_NET_ADMIN and nothing else. It knows nothing of Kubernetes or
// CDI, opens no IP socket, runs no program, enters no namespace and writes no
// file but its journal.
package netagent

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/server"
	"github.com/hawser-dra/hawser/netagent/watch"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// locksFile is in the journal's directory, which twins share.
const locksFile = "claims.lock"

// virtualDevice is the name of the one device that stands for created links.
const virtualDevice = "virtual"

// Config is what the operator decides.
type Config struct {
	Socket         string        // path of the Unix socket
	JournalDir     string        // directory of the journal, on the host's tmpfs
	AllowPeer      peer.Identity // the one caller
	AllowParents   []string      // patterns of links that claims may name, as of path.Match; none: no link
	MaxAttachments int           // on the node

	Tracer trace.TracerProvider // of calls; optional
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	var errs []error
	if c.Socket == "" {
		errs = append(errs, errors.New("socket: a path is required"))
	}
	if c.JournalDir == "" {
		errs = append(errs, errors.New("journal directory: a path is required"))
	}
	if c.MaxAttachments < 1 {
		errs = append(errs, fmt.Errorf("max attachments %d: must be at least 1", c.MaxAttachments))
	}
	for _, p := range c.AllowParents {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			errs = append(errs, fmt.Errorf("allowed parent %q: must be a link's name or a pattern such as eth*", p))
		}
	}
	return errors.Join(errs...)
}

// Run works until ctx ends. The socket is there when the state of the node has
// been read.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	log := logging.From(ctx)
	entries, err := journal.Open(c.JournalDir, log)
	if err != nil {
		return err
	}
	locks, err := claimlock.Open(filepath.Join(c.JournalDir, locksFile))
	if err != nil {
		return err
	}
	defer func() { _ = locks.Close() }()
	links, err := link.Dial()
	if err != nil {
		return err
	}
	defer links.Close()
	hub := watch.New()
	hub.SetDevice(virtual(c.MaxAttachments))
	manager := attachment.New(attachment.Config{
		Links: links, Journal: entries, Locks: locks, Rules: c.rules(), Publisher: hub,
	})
	door, err := server.New(server.Config{
		Socket: c.Socket, Allowed: c.AllowPeer, Attach: manager, Watch: hub, Log: log, Tracer: c.Tracer,
	})
	if err != nil {
		return err
	}
	return run(ctx, manager, door)
}

// run starts the server when the manager is ready, and ends both when one ends.
func run(ctx context.Context, manager *attachment.Manager, door *server.Server) error {
	tasks, ctx := errgroup.WithContext(ctx)
	ready := make(chan struct{})
	tasks.Go(func() error { return manager.Follow(ctx, func() { close(ready) }) })
	tasks.Go(func() error {
		select {
		case <-ready:
			return door.Run(ctx)
		case <-ctx.Done():
			return nil
		}
	})
	return tasks.Wait()
}

func (c Config) rules() policy.Rules {
	return policy.Rules{Caller: c.AllowPeer, Parents: c.AllowParents, MaxAttachments: c.MaxAttachments}
}

func virtual(most int) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{
		Name: virtualDevice,
		Device: &netagentv1.NodeDevice_VirtualLinks{
			VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: uint32(most)},
		},
	}
}
