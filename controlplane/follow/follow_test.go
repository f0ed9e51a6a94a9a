package follow_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	cdilib "tags.cncf.io/container-device-interface/pkg/cdi"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/follow"
	"github.com/hawser-dra/hawser/controlplane/internal/queue"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

const uid = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"

// node is a node with one claim of two dummies, and a follower.
type node struct {
	agent   *fakeagent.Agent
	flaky   *flaky
	dir     string
	records *checkpoint.Store
	specs   *cdi.Specs
	steps   *steps.Steps
	locks   claimlock.Locks
	status  status
}

// flaky fails to attach as often as it is told to.
type flaky struct {
	*fakeagent.Agent
	mu       sync.Mutex
	failures int
}

func (f *flaky) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures > 0 {
		f.failures--
		return nil, errors.New("not now")
	}
	return f.Agent.Attach(ctx, req)
}

// status keeps the last location of d0, and why it is not made again.
type status struct {
	mu   sync.Mutex
	last netagentv1.Location
	why  error
}

func (s *status) Observed(_ context.Context, _ *record.Record, attachments []*netagentv1.Attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = attachments[0].GetLocation()
}

func (s *status) NotRemade(_ context.Context, _ *record.Record, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why = why
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{agent: &fakeagent.Agent{}, dir: filepath.Join(t.TempDir(), "cdi")}
	n.flaky = &flaky{Agent: n.agent}
	var err error
	if n.records, err = checkpoint.Open(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if n.specs, err = cdi.New(cdi.Config{Driver: "dra.example.com", Dir: n.dir}); err != nil {
		t.Fatal(err)
	}
	n.steps = &steps.Steps{Agent: n.flaky, Records: n.records, Specs: n.specs, HostNetns: 1}
	draft := &record.Record{Version: record.Version, Claim: record.Claim{UID: uid, Namespace: "ns", Name: "c"}}
	for _, key := range []string{"d0", "d1"} {
		draft.Devices = append(draft.Devices, record.Device{
			Key: key, Config: []byte(`{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "net-` + key + `"}}`),
		})
	}
	if _, err := n.steps.AttachNew(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	return n
}

// follow runs a follower until the test ends.
func (n *node) follow(t *testing.T) {
	t.Helper()
	f := follow.New(follow.Config{
		Inventory: n.agent, Steps: n.steps, Records: n.records, Locks: &n.locks, Status: &n.status,
		Settle: 10 * time.Millisecond, Queue: queue.Config{MinBackoff: time.Millisecond},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("follower ended with %v", err)
		}
	})
}

// listed returns what a runtime would move: host names of d0 and d1.
func (n *node) listed(t *testing.T) (names [2]string) {
	t.Helper()
	cache, err := cdilib.NewCache(cdilib.WithSpecDirs(n.dir), cdilib.WithAutoRefresh(false))
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"d0", "d1"} {
		d := cache.GetDevice(n.specs.DeviceID(uid, key))
		if d == nil {
			return [2]string{"none", "none"}
		}
		if len(d.ContainerEdits.NetDevices) > 0 {
			names[i] = d.ContainerEdits.NetDevices[0].HostInterfaceName
		}
	}
	return names
}

// eventually waits until the spec lists two names.
func (n *node) eventually(t *testing.T, d0, d1 string) {
	t.Helper()
	want := [2]string{d0, d1}
	deadline := time.Now().Add(time.Minute)
	for n.listed(t) != want {
		if time.Now().After(deadline) {
			t.Fatalf("the spec lists %q, want %q", n.listed(t), want)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSpecFollowsTheLink(t *testing.T) {
	n := newNode(t)
	n.follow(t)
	n.eventually(t, "hw1", "hw2")
	n.agent.Move(uid, "d0")
	n.eventually(t, "", "hw2")
	n.agent.Move(uid, "d1")
	n.eventually(t, "", "")
	n.agent.EndNamespace(uid, "d0") // d1 stays, in another container's hands
	n.eventually(t, "hw3", "")
	r, err := n.records.Get(uid)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Devices[0].Link; got.HostName != "hw3" || got.Name != "net-d0" {
		t.Errorf("the record has %+v", got)
	}
}

func TestWhatChangedWhileNobodyLooked(t *testing.T) {
	n := newNode(t)
	n.agent.Move(uid, "d0")
	n.agent.Move(uid, "d1")
	n.agent.EndNamespace(uid, "d1")
	n.follow(t)
	n.eventually(t, "", "hw3")
}

func TestTriedAgain(t *testing.T) {
	n := newNode(t)
	n.flaky.failures = 3
	n.follow(t)
	n.agent.EndNamespace(uid, "d0")
	n.eventually(t, "hw3", "hw2")
	n.status.mu.Lock()
	defer n.status.mu.Unlock()
	if n.status.why == nil || n.status.why.Error() != "attach: not now" {
		t.Errorf("status was told that %v", n.status.why)
	}
	if n.status.last == netagentv1.Location_LOCATION_UNSPECIFIED {
		t.Error("status was not told")
	}
}

// What is lost is not listed while it cannot be made again.
func TestLostIsNotListed(t *testing.T) {
	n := newNode(t)
	n.flaky.failures = 1 << 30
	n.follow(t)
	n.agent.EndNamespace(uid, "d0") // its link was deleted on the host
	n.eventually(t, "", "hw2")
}

// A claim that is unprepared, or was forgotten by a reboot, gets nothing back.
func TestNothingForClaimsThatAreGone(t *testing.T) {
	for name, end := range map[string]func(*node) error{
		"unprepared": func(n *node) error { return n.steps.Detach(context.Background(), uid) },
		"reboot":     func(n *node) error { n.agent.Reboot(); return nil },
		"no record":  func(n *node) error { defer n.agent.EndNamespace(uid, "d0"); return n.records.Delete(uid) },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.follow(t)
			if err := end(n); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			for _, a := range n.agent.AllAttachments() {
				if a.GetLink().GetIfindex() > 2 {
					t.Errorf("made again: %v", a)
				}
			}
		})
	}
}

// While somebody acts on a claim, nobody else does.
func TestLocked(t *testing.T) {
	n := newNode(t)
	unlock, err := n.locks.Lock(t.Context(), uid)
	if err != nil {
		t.Fatal(err)
	}
	n.follow(t)
	n.agent.Move(uid, "d0")
	time.Sleep(20 * time.Millisecond)
	if got := n.listed(t); got != [2]string{"hw1", "hw2"} {
		t.Errorf("lists %q while the claim is locked", got)
	}
	unlock()
	n.eventually(t, "", "hw2")
}

type broken struct{ *fakeagent.Agent }

func (broken) Next(context.Context) ([]string, error) { return nil, errors.New("no more") }

func TestEndOfTheInventory(t *testing.T) {
	f := follow.New(follow.Config{Inventory: broken{}})
	if err := f.Run(t.Context()); err == nil || err.Error() != "follow attachments: no more" {
		t.Errorf("got %v", err)
	}
}
