package rdma

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/uevent"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// gather is how long news are waited for before all devices are read: a
	// device comes with several files, each of which is news.
	gather = 100 * time.Millisecond

	// rereadEvery is how often everything is read although there is no news: of
	// a port's state the kernel tells nobody who has not opened the device.
	rereadEvery = time.Minute

	// resubscribeAfter keeps a node whose events overflow again and again from
	// spending all its time on reading.
	resubscribeAfter = 200 * time.Millisecond
)

// Publisher is told of the node's devices.
type Publisher interface {
	SetDevice(*netagentv1.NodeDevice)
	DropDevice(name string)
}

// Follower keeps up with the node's RDMA devices.
type Follower struct {
	Reader    *Reader
	Publisher Publisher
	// Allowed says which devices claims may have; the others are not told of.
	Allowed func(name string) bool
	// Lent returns those of the node's devices that belong to one network namespace
	// and are lent to a claim, as they were offered, by their index. In a pod, where
	// they cannot be seen, they stay offered.
	Lent func([]Device) (map[uint32]*netagentv1.NodeDevice, error)
	// Changed is called after each reading with all devices.
	Changed func(context.Context, []Device) error

	told map[string]bool
	some atomic.Bool // whether there are devices, here or lent
}

// Run follows until ctx ends. It calls ready once, when everything has been read
// for the first time, and returns an error that comes before that.
func (f *Follower) Run(ctx context.Context, ready func()) error {
	news := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	var listeners sync.WaitGroup
	defer listeners.Wait()
	defer cancel()
	for _, subscribe := range []func() (source, error){deviceEvent, f.linkEvent} {
		s, err := subscribe()
		if err != nil {
			return err
		}
		listeners.Go(func() { listen(ctx, s, subscribe, news) })
	}
	if err := f.read(ctx); err != nil {
		return err
	}
	ready()
	f.follow(ctx, news)
	return nil
}

func (f *Follower) follow(ctx context.Context, news <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
			sleep(ctx, gather)
		case <-time.After(rereadEvery):
		}
		if err := f.read(ctx); err != nil && ctx.Err() == nil {
			logging.From(ctx).Warn("RDMA devices could not be read; trying again with the next news", "cause", err)
		}
	}
}

// read tells of all devices that there are, and of those that there were.
func (f *Follower) read(ctx context.Context) error {
	exclusive, err := f.Reader.Exclusive()
	if err != nil {
		return err
	}
	devices, err := f.Reader.Devices()
	if err != nil {
		return err
	}
	lent, err := f.Lent(devices)
	if err != nil {
		return err
	}
	f.some.Store(len(devices)+len(lent) > 0)
	now := map[string]bool{}
	for _, d := range offers(f.Reader.NodeDevices(devices, exclusive), devices, lent) {
		if f.Allowed(d.GetRdma().GetIbdev()) {
			now[d.GetName()] = true
			f.Publisher.SetDevice(d)
		}
	}
	for name := range f.told {
		if !now[name] {
			f.Publisher.DropDevice(name)
		}
	}
	f.told = now
	return f.Changed(ctx, devices)
}

// offers are the devices of this namespace and those that are lent, which are what
// they were before, whatever a pod has named them.
func offers(here []*netagentv1.NodeDevice, devices []Device, lent map[uint32]*netagentv1.NodeDevice) []*netagentv1.NodeDevice {
	list := slices.Collect(maps.Values(lent))
	for i, d := range devices {
		if lent[d.Index] == nil {
			list = append(list, here[i])
		}
	}
	return list
}

// source is where news come from.
type source struct {
	wait  func() error
	close func()
}

// subsystems are those that RDMA devices and their device files are of. Misc is
// that of rdma_cm. The news of RDMA netlink are younger than uevents (6.12).
var subsystems = []string{"infiniband", "infiniband_verbs", "infiniband_mad", "misc"}

func deviceEvent() (source, error) {
	u, err := uevent.Subscribe(subsystems...)
	if err != nil {
		return source{}, err
	}
	return source{u.Wait, u.Close}, nil
}

// linkEvent tells of the links that RDMA devices work over: their names, and
// with their carrier the state of a port. While there are no such devices links
// are no news.
func (f *Follower) linkEvent() (source, error) {
	s, err := link.Subscribe()
	if err != nil {
		return source{}, fmt.Errorf("RDMA devices' links: %w", err)
	}
	wait := func() error {
		for {
			if _, err := s.Receive(); err != nil || f.some.Load() {
				return err
			}
		}
	}
	return source{wait, s.Close}, nil
}

// listen passes news on until ctx ends. Lost ones are news too.
func listen(ctx context.Context, s source, again func() (source, error), news chan<- struct{}) {
	for ctx.Err() == nil {
		receive(ctx, s, news)
		for sleep(ctx, resubscribeAfter); ctx.Err() == nil; sleep(ctx, resubscribeAfter) {
			next, err := again()
			if err == nil {
				s = next
				break
			}
			logging.From(ctx).Warn("no news of RDMA devices for now", "cause", err)
		}
	}
}

// receive passes news on until there is an error, and closes the source.
func receive(ctx context.Context, s source, news chan<- struct{}) {
	defer s.close()
	defer context.AfterFunc(ctx, s.close)()
	for {
		err := s.wait()
		select {
		case news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
