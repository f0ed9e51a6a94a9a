package orphan_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/orphan"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/fakeagent"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	driver = "dra.example.com"
	uid    = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
	other  = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0002"
)

// node is a node with one prepared claim, ns/c, and its API server.
type node struct {
	agent     *fakeagent.Agent
	records   *checkpoint.Store
	specs     *cdi.Specs
	cdi       string
	locks     claimlock.Locks
	client    *fake.Clientset
	collector *orphan.Collector
}

func newNode(t *testing.T, claims ...runtime.Object) *node {
	t.Helper()
	n := &node{agent: &fakeagent.Agent{}, client: fake.NewClientset(claims...)}
	var err error
	if n.records, err = checkpoint.Open(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	n.cdi = t.TempDir()
	if n.specs, err = cdi.New(cdi.Config{Driver: driver, Dir: n.cdi}); err != nil {
		t.Fatal(err)
	}
	s := &steps.Steps{Agent: n.agent, Records: n.records, Specs: n.specs, HostNetns: 1}
	if _, err := s.AttachNew(t.Context(), &record.Record{
		Version: record.Version, Claim: record.Claim{UID: uid, Namespace: "ns", Name: "c"},
		Devices: []record.Device{{Key: "d0", Config: []byte(`{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "net1"}}`)}},
	}); err != nil {
		t.Fatal(err)
	}
	n.collector = orphan.New(orphan.Config{
		Driver: driver, Node: "node1", Claims: n.client.ResourceV1(), Inventory: n.agent,
		Records: n.records, Specs: n.specs, Steps: s, Locks: &n.locks, Interval: time.Millisecond,
	})
	return n
}

// has says what there is of the claim.
func (n *node) has(t *testing.T) string {
	t.Helper()
	var parts []string
	if len(n.agent.AllAttachments()) > 0 {
		parts = append(parts, "attachment")
	}
	if r, err := n.records.Get(uid); err != nil || r != nil {
		parts = append(parts, "record")
	}
	if specs, err := n.specs.List(); err != nil || len(specs) > 0 {
		parts = append(parts, "spec")
	}
	return strings.Join(parts, " ")
}

const all = "attachment record spec"

func allocated(uid, driver, pool string) *resourceapi.ResourceClaim {
	rc := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "c", UID: types.UID(uid)}}
	if pool != "" {
		rc.Status.Allocation = &resourceapi.AllocationResult{Devices: resourceapi.DeviceAllocationResult{
			Results: []resourceapi.DeviceRequestAllocationResult{{Driver: driver, Pool: pool, Device: claim.VirtualDevice}},
		}}
	}
	return rc
}

// TestOldAnswer: the API server's memory is enough for what is where it was, and
// takes nothing away.
func TestOldAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		old    error
		latest int // how often the latest version is read
	}{
		"as it is":           {nil, 0},
		"not yet with claim": {apierrors.NewNotFound(resourceapi.Resource("resourceclaims"), "c"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, allocated(uid, driver, "node1"))
			latest := 0
			n.client.PrependReactor("get", "resourceclaims", func(a clienttesting.Action) (bool, runtime.Object, error) {
				if a.(clienttesting.GetActionImpl).GetOptions.ResourceVersion == "" {
					latest++
					return false, nil, nil
				}
				return tt.old != nil, nil, tt.old
			})
			n.collector.Collect(t.Context())
			if has := n.has(t); has != all || latest != tt.latest {
				t.Errorf("the node has %q, the latest version was read %d times", has, latest)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	noRecord := func(_ *testing.T, n *node) error { return n.records.Delete(uid) }
	onlySpec := func(t *testing.T, n *node) error {
		return errors.Join(n.records.Delete(uid), n.agent.Detach(t.Context(), uid))
	}
	for name, tt := range map[string]struct {
		claim  *resourceapi.ResourceClaim
		before func(*testing.T, *node) error
		want   string
	}{
		"allocated here":                 {allocated(uid, driver, "node1"), nil, all},
		"deleted":                        {nil, nil, ""},
		"replaced by one of its name":    {allocated(other, driver, "node1"), nil, ""},
		"not allocated":                  {allocated(uid, driver, ""), nil, ""},
		"allocated to another node":      {allocated(uid, driver, "node2"), nil, ""},
		"allocated to another driver":    {allocated(uid, "gpu.example.com", "node1"), nil, ""},
		"no record, allocated here":      {allocated(uid, driver, "node1"), noRecord, "attachment spec"},
		"no record, deleted":             {nil, noRecord, ""},
		"only a spec, deleted":           {nil, onlySpec, ""},
		"only a spec, allocated here":    {allocated(uid, driver, "node1"), onlySpec, "spec"},
		"no record, allocated elsewhere": {allocated(uid, driver, "node2"), noRecord, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var claims []runtime.Object
			if tt.claim != nil {
				claims = append(claims, tt.claim)
			}
			n := newNode(t, claims...)
			if tt.before != nil {
				if err := tt.before(t, n); err != nil {
					t.Fatal(err)
				}
			}
			n.collector.Collect(t.Context())
			if diff := cmp.Diff(tt.want, n.has(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (n *node) calls(verb string) (count int) {
	for _, a := range n.client.Actions() {
		if a.GetVerb() == verb {
			count++
		}
	}
	return count
}

func TestListIsTheException(t *testing.T) {
	n := newNode(t, allocated(uid, driver, "node1"))
	n.collector.Collect(t.Context())
	if n.calls("list") != 0 {
		t.Error("the cluster's claims are listed though there is a record of each")
	}
	for _, u := range []string{other, "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0003"} {
		req := &netagentv1.AttachRequest{ClaimUid: u, Devices: []*netagentv1.DeviceRequest{{
			Key: "d0", Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{}}}}}
		if _, err := n.agent.Attach(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	n.collector.Collect(t.Context())
	if n.calls("list") != 1 {
		t.Errorf("the cluster's claims are listed %d times", n.calls("list"))
	}
	if got := n.agent.AllAttachments(); len(got) != 1 || got[0].GetClaimUid() != uid {
		t.Errorf("left: %v", got)
	}
}

// What cannot be looked up stays, and is reported once.
func TestUnknownIsLeftAlone(t *testing.T) {
	for _, verb := range []string{"get", "list"} {
		t.Run(verb, func(t *testing.T) {
			n := newNode(t)
			if verb == "list" {
				if err := n.records.Delete(uid); err != nil {
					t.Fatal(err)
				}
			}
			before := n.has(t)
			n.client.PrependReactor(verb, "resourceclaims", func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, nil, errors.New("the API server is away")
			})
			var out bytes.Buffer
			log, err := logging.New(&out, 0, "text")
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				n.collector.Collect(logging.Into(t.Context(), log))
			}
			if got := n.has(t); got != before {
				t.Errorf("%q is left of %q", got, before)
			}
			if lines := strings.Count(out.String(), "\n"); lines != 1 || !strings.Contains(out.String(), "the API server is away") {
				t.Errorf("log: %s", out.String())
			}
		})
	}
}

// What a killed driver was writing is removed when nobody can be writing it.
func TestHalfWrittenFiles(t *testing.T) {
	n := newNode(t, allocated(uid, driver, "node1"))
	old := time.Now().Add(-time.Hour)
	var left []string
	for _, dir := range []string{filepath.Dir(n.records.Path(uid)), n.cdi} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			path := filepath.Join(dir, "."+e.Name()+".123.tmp")
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, old, old)); err != nil {
				t.Fatal(err)
			}
			left = append(left, path)
		}
	}
	n.collector.Collect(t.Context())
	for _, path := range left {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left", path)
		}
	}
	if len(left) != 2 || n.has(t) != all {
		t.Errorf("%d files were half written, left is %q", len(left), n.has(t))
	}
}

// A claim that is being prepared has its lock taken, and is looked up after.
func TestNotWhileItIsPrepared(t *testing.T) {
	n := newNode(t)
	unlock, err := n.locks.Lock(t.Context(), uid)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.collector.Collect(context.Background())
	}()
	time.Sleep(20 * time.Millisecond)
	if n.calls("get") != 0 {
		t.Error("the API server was asked before the lock was free")
	}
	if _, err := n.client.ResourceV1().ResourceClaims("ns").Create(t.Context(), allocated(uid, driver, "node1"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	unlock()
	<-done
	if got := n.has(t); got != all {
		t.Errorf("left: %s", got)
	}
}

func TestRun(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- n.collector.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); n.has(t) != "" && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil || n.has(t) != "" {
		t.Errorf("left %q, %v", n.has(t), err)
	}
}
