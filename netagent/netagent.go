// Package netagent is the privileged half of Hawser: it makes network links for
// claims, or lends the node's own, and takes them back, for one caller on one
// Unix socket.
//
// It holds CAP_NET_ADMIN and nothing else. It knows nothing of Kubernetes or
// CDI, opens no IP socket, runs no program, enters no namespace and writes no
// file but its journal and, if the operator asks for virtual functions, their
// number.
package netagent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	handoverapi "github.com/hawser-dra/hawser/api/handover"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/handover"
	"github.com/hawser-dra/hawser/netagent/inventory"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/pair"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/netagent/server"
	"github.com/hawser-dra/hawser/netagent/sriov"
	"github.com/hawser-dra/hawser/netagent/sysfs"
	"github.com/hawser-dra/hawser/netagent/watch"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// locksFile is in the journal's directory, which twins share.
const locksFile = "claims.lock"

// sysfsDir is where the kernel tells of devices.
const sysfsDir = "/sys"

// ownNamespace is a file of the network namespace that netagent works in.
const ownNamespace = "/proc/thread-self/ns/net"

// virtualDevice is the name of the one device that stands for created links.
const virtualDevice = "virtual"

// Config is what the operator decides.
type Config struct {
	Socket         string        // path of the Unix socket
	JournalDir     string        // directory of the journal, on the host's tmpfs
	AllowPeer      peer.Identity // the one caller
	VFs            []sriov.Count // virtual functions to make at the start
	AllowDevices   []string      // patterns of links that may be lent, themselves or their virtual functions; none: no link
	AllowRDMA      []string      // patterns of RDMA devices that claims may have, as of path.Match; none: no device
	AllowParents   []string      // patterns of links that claims may name, as of path.Match; none: no link
	MaxAttachments int           // on the node

	Tracer trace.TracerProvider // of calls; optional

	// Confine takes from the process what it does not need. It is called once,
	// when the journal's directory is there and before a socket is opened;
	// optional.
	Confine func() error
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
	errs = append(errs, checkPatterns(c.AllowParents, "parent %q: must be a link's name or a pattern such as eth*")...)
	errs = append(errs, checkPatterns(c.AllowDevices, "device %q: must be a link's name or a pattern such as eth*")...)
	errs = append(errs, checkPatterns(c.AllowRDMA, "RDMA device %q: must be a device's name or a pattern such as mlx5_*")...)
	return errors.Join(errs...)
}

func checkPatterns(patterns []string, text string) (errs []error) {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			errs = append(errs, fmt.Errorf("allowed "+text, p))
		}
	}
	return errs
}

// Run works until ctx ends. The socket is there when the state of the node has
// been read.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	log := logging.From(ctx)
	entries, err := journal.Open(c.JournalDir, log) // which the sandbox would not let it
	if err != nil {
		return err
	}
	defer entries.Close()
	namespace, err := os.Open(ownNamespace)
	if err != nil {
		return fmt.Errorf("netagent's own network namespace: %w", err)
	}
	defer namespace.Close()
	handovers := filepath.Join(c.JournalDir, handoverapi.Subdir)
	if err := handover.Prepare(handovers); err != nil {
		return err
	}
	if c.Confine != nil {
		if err := c.Confine(); err != nil {
			return err
		}
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
	sys := sysfs.New(os.DirFS(sysfsDir))
	c.setFunctions(ctx, links, sys)
	hub := watch.New()
	hub.SetDevice(virtual(c.MaxAttachments))
	devices := pair.New(hub)
	reader, rules := rdma.New(os.DirFS(sysfsDir)), c.rules()
	manager := attachment.New(attachment.Config{
		Links: links, Sys: sys, RDMA: reader, Journal: entries, Locks: locks, Rules: rules, Publisher: hub,
		Namespace: namespace,
	})
	hardware := inventory.New(inventory.Config{
		Links: links, Sys: sys, Journal: entries, Rules: rules, Publisher: devices,
	})
	hcas := &rdma.Follower{Reader: reader, Publisher: devices, Allowed: rules.AllowsRDMA, Lent: manager.Lent, Changed: manager.RDMAChanged}
	door, err := server.New(server.Config{
		Socket: c.Socket, Allowed: c.AllowPeer, Attach: manager, Watch: hub, Log: log, Tracer: c.Tracer,
	})
	if err != nil {
		return err
	}
	pods, err := handover.Listen(handovers, manager)
	if err != nil {
		return err
	}
	defer pods.Close()
	return run(ctx, []task{door.Run, pods.Run}, manager.Follow, hardware.Run, hcas.Run)
}

// setFunctions makes virtual functions. What cannot be had is no reason not to serve
// the rest.
func (c Config) setFunctions(ctx context.Context, links *link.Conn, sys sysfs.FS) {
	for _, vfs := range c.VFs {
		if err := vfs.Set(ctx, links, sys, sysfsDir); err != nil {
			logging.From(ctx).Error("virtual functions are not as asked for", "link", vfs.Link, "count", vfs.Count, "cause", err)
		}
	}
}

// follower keeps up with the node until ctx ends, and calls ready when it has
// read everything for the first time.
type follower func(ctx context.Context, ready func()) error

// task works until ctx ends.
type task func(ctx context.Context) error

// run starts the servers when the followers are ready, and ends all when one ends.
func run(ctx context.Context, doors []task, followers ...follower) error {
	tasks, ctx := errgroup.WithContext(ctx)
	var ready sync.WaitGroup
	for _, follow := range followers {
		ready.Add(1)
		tasks.Go(func() error { return follow(ctx, ready.Done) })
	}
	all := make(chan struct{})
	go func() { ready.Wait(); close(all) }()
	for _, door := range doors {
		tasks.Go(func() error {
			select {
			case <-all:
				return door(ctx)
			case <-ctx.Done():
				return nil
			}
		})
	}
	return tasks.Wait()
}

func (c Config) rules() policy.Rules {
	return policy.Rules{
		Caller: c.AllowPeer, Parents: c.AllowParents, Devices: c.AllowDevices, RDMA: c.AllowRDMA,
		MaxAttachments: c.MaxAttachments,
	}
}

func virtual(most int) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{
		Name: virtualDevice,
		Device: &netagentv1.NodeDevice_VirtualLinks{
			VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: uint32(most)},
		},
	}
}
