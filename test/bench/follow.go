package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

const (
	moveRow   = "kernel: move a link"
	followRow = "from the kernel's event to the spec"
)

// follow measures how long a claim's spec lists a link that has left: until then
// no other container of the claim starts.
func (p *place) follow(ctx context.Context) (report.Group, error) {
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return report.Group{}, err
	}
	defer n.close()
	claim, err := n.node.Claim(ctx, veth.devices(1)...)
	if err != nil {
		return report.Group{}, err
	}
	f, err := newFollowed(n, claim)
	if err != nil {
		return report.Group{}, err
	}
	defer f.close()
	samples, err := measure.Rounds(ctx, p.Rounds,
		measure.Untimed(func(ctx context.Context) error { return n.kubelet.Prepare(ctx, f.claim) }),
		measure.Step{Name: moveRow, Do: f.move},
		measure.Step{Name: followRow, Do: func(context.Context) (time.Duration, error) { return f.followed, nil }},
		n.floors.files()[2],
		measure.Untimed(func(ctx context.Context) error { return n.kubelet.Unprepare(ctx, f.claim) }),
	)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("A link leaves for a pod; netagent hears it, the driver decides and rewrites the claim's spec.", samples,
		row{followRow, []string{specWrite}}, row{name: moveRow})
}

// followed is a claim whose link leaves, seen from outside.
type followed struct {
	node     *called
	claim    *resourceapi.ResourceClaim
	links    chan netlink.LinkUpdate
	done     chan struct{}
	inotify  int
	followed time.Duration
}

func newFollowed(n *called, claim *resourceapi.ResourceClaim) (*followed, error) {
	f := &followed{node: n, claim: claim, links: make(chan netlink.LinkUpdate, 64), done: make(chan struct{})}
	err := n.node.Space().Do(func() error { return netlink.LinkSubscribe(f.links, f.done) })
	if err != nil {
		return nil, err
	}
	if f.inotify, err = unix.InotifyInit1(unix.IN_CLOEXEC); err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	_, err = unix.InotifyAddWatch(f.inotify, n.node.SpecDir(), unix.IN_MOVED_TO)
	return f, err
}

func (f *followed) close() {
	close(f.done)
	_ = unix.Close(f.inotify)
}

// move moves the link, and notes how long after the kernel's event the spec was
// written. The move goes on after its event.
func (f *followed) move(context.Context) (time.Duration, error) {
	if err := f.written(); err != nil { // by the prepare
		return 0, err
	}
	pod, err := f.node.node.NewPod()
	if err != nil {
		return 0, err
	}
	defer pod.Close()
	type end struct {
		at  time.Time
		err error
	}
	moved := make(chan end, 1)
	began := time.Now()
	go func() {
		err := pod.Take(f.claim)
		moved <- end{time.Now(), err}
	}()
	for u := range f.links {
		if u.Header.Type == unix.RTM_DELLINK && strings.HasPrefix(u.Attrs().Name, "hw") {
			break
		}
	}
	left := time.Now()
	if err := f.written(); err != nil {
		return 0, err
	}
	f.followed = time.Since(left)
	m := <-moved
	return m.at.Sub(began), m.err
}

// written waits until the claim's spec is renamed in.
func (f *followed) written() error {
	var events [4096]byte
	for {
		n, err := unix.Read(f.inotify, events[:])
		if err != nil {
			return fmt.Errorf("inotify: %w", err)
		}
		if strings.Contains(string(events[:n]), rig.SpecName(f.claim)) {
			return nil
		}
	}
}
