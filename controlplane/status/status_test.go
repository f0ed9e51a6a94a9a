package status_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	resourceapi "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/hawser-dra/hawser/api/layer3"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/internal/queue"
	"github.com/hawser-dra/hawser/controlplane/status"
)

const (
	driver = "dra.example.com"
	uid    = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
	share  = "5a1f0d86-0c2c-4f6b-9c53-94c2a1d50001"
)

type records map[string]*record.Record

func (r records) Get(uid string) (*record.Record, error) { return r[uid], nil }

func prepared() *record.Record {
	return &record.Record{Claim: record.Claim{UID: uid, Namespace: "ns", Name: "c"}, Devices: []record.Device{
		{Key: "d0", Pool: "node1", Device: "netdev-virtual", ShareID: share, Link: &record.Link{
			Name: "net1", MAC: "02:00:00:00:00:01", Settings: layer3.Settings{Addresses: []layer3.Address{{Address: "192.0.2.1/24"}}}}},
		{Key: "d1", Pool: "node1", Device: "nic0", Link: &record.Link{Name: "net2"}},
	}}
}

// api is an API server with one claim, that counts what is asked of it.
type api struct {
	*fake.Clientset
	applied atomic.Int64
	failing atomic.Bool
}

func newAPI(devices ...resourceapi.AllocatedDeviceStatus) *api {
	rc := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "c", UID: uid}}
	rc.Status.Devices = devices
	a := &api{Clientset: fake.NewClientset(rc)}
	a.PrependReactor("patch", "resourceclaims", func(clienttesting.Action) (bool, runtime.Object, error) {
		a.applied.Add(1)
		if a.failing.Load() {
			return true, nil, apierrors.NewInternalError(context.DeadlineExceeded)
		}
		return false, nil, nil
	})
	return a
}

func (a *api) devices(t *testing.T) []resourceapi.AllocatedDeviceStatus {
	t.Helper()
	rc, err := a.ResourceV1().ResourceClaims("ns").Get(t.Context(), "c", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rc.Status.Devices
}

// eventually waits until d0 is ready for a reason.
func (a *api) eventually(t *testing.T, reason string) resourceapi.AllocatedDeviceStatus {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		devices := a.devices(t)
		if len(devices) > 0 && devices[0].Conditions[0].Reason == reason {
			return devices[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %s: %+v", reason, devices)
		}
	}
}

func start(t *testing.T, a *api) *status.Reporter {
	t.Helper()
	return startIn(t, a, time.Millisecond)
}

// startIn expects pods to start in less than that.
func startIn(t *testing.T, a *api, pods time.Duration) *status.Reporter {
	t.Helper()
	r := status.New(status.Config{
		Driver: driver, Claims: a.ResourceV1(), Pods: a.CoreV1(), Records: records{uid: prepared()}, Idle: 5 * time.Millisecond,
		Delay: time.Millisecond, Start: pods, Queue: queue.Config{MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func at(location netagentv1.Location) []*netagentv1.Attachment {
	return []*netagentv1.Attachment{{ClaimUid: uid, Key: "d0", Location: location}}
}

func TestWhatUsersSee(t *testing.T) {
	a := newAPI()
	r := start(t, a)
	r.Prepared(t.Context(), prepared())
	a.eventually(t, "Prepared")
	id := share
	ready := func(reason, message string) []metav1.Condition {
		return []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: reason, Message: message}}
	}
	want := []resourceapi.AllocatedDeviceStatus{{
		Driver: driver, Pool: "node1", Device: "netdev-virtual", ShareID: &id,
		Conditions:  ready("Prepared", "it is ready for the pod to start"),
		NetworkData: &resourceapi.NetworkDeviceData{InterfaceName: "net1", HardwareAddress: "02:00:00:00:00:01"},
	}, {
		Driver: driver, Pool: "node1", Device: "nic0",
		Conditions:  ready("Prepared", "it is ready for the pod to start"),
		NetworkData: &resourceapi.NetworkDeviceData{InterfaceName: "net2"},
	}}
	if diff := cmp.Diff(want, a.devices(t), cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}

	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Ready, Interface: "net1",
		MAC: "02:00:00:00:00:01", Addresses: []string{"192.0.2.1/24", "2001:DB8::1/64", "192.0.2.1/24"}})
	d := a.eventually(t, "InPod")
	if diff := cmp.Diff([]string{"192.0.2.1/24", "2001:db8::1/64"}, d.NetworkData.IPs); diff != "" {
		t.Error(diff)
	}
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_LOST))
	if c := a.eventually(t, "Lost").Conditions[0]; c.Status != metav1.ConditionFalse {
		t.Errorf("a lost device is %+v", c)
	}
	r.NotRemade(t.Context(), prepared(), errors.New("no parent\nno room"))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if c := a.eventually(t, "Lost").Conditions[0]; strings.HasSuffix(c.Message, "yet: no parent; no room") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody learns why it is not made again")
		}
	}
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_HOST))
	d = a.eventually(t, "Prepared")
	if ips := d.NetworkData.IPs; len(ips) != 0 {
		t.Errorf("addresses of the last stay in a pod are still there: %v", ips)
	}
}

// TestWhatAnEarlierDriverSaw: what podlink told a driver that is gone stays while
// the device does.
func TestWhatAnEarlierDriverSaw(t *testing.T) {
	a := newAPI()
	earlier := start(t, a)
	earlier.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Ready, Interface: "net1",
		MAC: "02:00:00:00:00:07", Addresses: []string{"192.0.2.9/24"}})
	before := a.eventually(t, "InPod").NetworkData
	next := start(t, a)
	next.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	next.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d1", Outcome: report.Failed, Error: "no"}) // so that something is written
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		devices := a.devices(t)
		if len(devices) == 2 && devices[1].Conditions[0].Reason == "Failed" {
			if diff := cmp.Diff(before, devices[0].NetworkData); diff != "" {
				t.Error(diff)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing was written: %+v", devices)
		}
	}
}

// TestComboIsLostWithAPart shows a roce lost while its RDMA device is away, with
// its interface in the pod.
func TestComboIsLostWithAPart(t *testing.T) {
	a := newAPI()
	r := start(t, a)
	rec := prepared()
	rec.Devices[0].Config = []byte(`{"type": "combo", "combo": {"kind": "roce", "rdma": {"kind": "uverbs"}, "netdev": {"kind": "dummy"}}}`)
	part := &netagentv1.Attachment{ClaimUid: uid, Key: "d0rdma", Location: netagentv1.Location_LOCATION_LOST}
	r.Observed(t.Context(), rec, append(at(netagentv1.Location_LOCATION_POD), part))
	a.eventually(t, "Lost")
	part.Location = netagentv1.Location_LOCATION_HOST
	r.Observed(t.Context(), rec, append(at(netagentv1.Location_LOCATION_POD), part))
	a.eventually(t, "InPod")
}

func TestReports(t *testing.T) {
	a := newAPI()
	r := start(t, a)
	r.InPod(t.Context(), report.Report{ClaimUID: "unknown", Device: "d0", Outcome: report.Ready})
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d9", Outcome: report.Ready})
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Failed, Error: "address is there twice"})
	if c := a.eventually(t, "Failed").Conditions[0]; c.Status != metav1.ConditionFalse || c.Message != "address is there twice" {
		t.Errorf("a failure is %+v", c)
	}
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Ready})
	a.eventually(t, "InPod")
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Refused, Error: "not in this pod"})
	time.Sleep(20 * time.Millisecond)
	a.eventually(t, "InPod")
}

// The claims of a pod that starts at once are written once.
func TestPodThatStartsAtOnce(t *testing.T) {
	a := newAPI()
	r := startIn(t, a, time.Hour)
	r.Prepared(t.Context(), prepared())
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_HOST))
	time.Sleep(20 * time.Millisecond)
	r.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Ready})
	a.eventually(t, "InPod")
	if n := a.applied.Load(); n != 1 {
		t.Errorf("applied %d times", n)
	}
}

// Nothing is written that the API server has already, by this driver or the
// one before it; a condition keeps its time while its status stays.
func TestOnlyChanges(t *testing.T) {
	a := newAPI()
	first := start(t, a)
	first.Prepared(t.Context(), prepared())
	a.eventually(t, "Prepared")
	first.Prepared(t.Context(), prepared())
	second := start(t, a)
	second.Prepared(t.Context(), prepared())
	time.Sleep(50 * time.Millisecond)
	if n := a.applied.Load(); n != 1 {
		t.Errorf("applied %d times", n)
	}
	before := a.devices(t)[0].Conditions[0].LastTransitionTime
	time.Sleep(1100 * time.Millisecond) // times have whole seconds
	second.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	if after := a.eventually(t, "InPod").Conditions[0].LastTransitionTime; !after.Equal(&before) {
		t.Errorf("ready since %s, was since %s", after, before)
	}
}

func TestEntriesOfOthersStay(t *testing.T) {
	other := resourceapi.AllocatedDeviceStatus{Driver: "gpu.example.com", Pool: "node1", Device: "gpu0"}
	a := newAPI(other)
	start(t, a).Prepared(t.Context(), prepared())
	for deadline := time.Now().Add(30 * time.Second); len(a.devices(t)) != 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("got %+v", a.devices(t))
		}
	}
}

func TestClaimIsGone(t *testing.T) {
	for name, change := range map[string]func(*record.Record){
		"deleted":  func(r *record.Record) { r.Claim.Name = "other" },
		"replaced": func(r *record.Record) { r.Claim.UID = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0002" },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			rec := prepared()
			change(rec)
			start(t, a).Prepared(t.Context(), rec)
			time.Sleep(20 * time.Millisecond)
			if n := a.applied.Load(); n != 0 {
				t.Errorf("applied %d times", n)
			}
		})
	}
}

func TestTriedAgainButNotForEver(t *testing.T) {
	a := newAPI()
	a.failing.Store(true)
	r := start(t, a)
	r.Prepared(t.Context(), prepared())
	for deadline := time.Now().Add(30 * time.Second); a.applied.Load() < 8 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if n := a.applied.Load(); n != 8 {
		t.Errorf("tried %d times, want 8", n)
	}
	a.failing.Store(false)
	r.Prepared(t.Context(), prepared())
	a.eventually(t, "Prepared")
}

// TestClaimThatCannotBeApplied: what an API server does to claims whose parameters
// are not written as it writes JSON.
func TestClaimThatCannotBeApplied(t *testing.T) {
	others := resourceapi.AllocatedDeviceStatus{Driver: "other.example.com", Pool: "p", Device: "d"}
	a := newAPI(others)
	a.PrependReactor("patch", "resourceclaims", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewInvalid(schema.GroupKind{Group: resourceapi.GroupName, Kind: "ResourceClaim"}, "c", nil)
	})
	var conflicts atomic.Int64
	a.PrependReactor("update", "resourceclaims", func(clienttesting.Action) (bool, runtime.Object, error) {
		if conflicts.Add(1) == 1 {
			return true, nil, apierrors.NewConflict(resourceapi.Resource("resourceclaims"), "c", errors.New("written meanwhile"))
		}
		return false, nil, nil
	})
	r := start(t, a)
	r.Prepared(t.Context(), prepared())
	for deadline := time.Now().Add(30 * time.Second); len(a.devices(t)) < 3 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	r.InPod(t.Context(), report.Report{ClaimUID: uid, Device: "d0", Outcome: report.Ready, Interface: "net1"})
	inPod := func(d resourceapi.AllocatedDeviceStatus) bool {
		return len(d.Conditions) == 1 && d.Conditions[0].Reason == "InPod"
	}
	for deadline := time.Now().Add(30 * time.Second); !slices.ContainsFunc(a.devices(t), inPod) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	got := a.devices(t)
	if len(got) != 3 || got[0].Driver != others.Driver || !inPod(got[1]) {
		t.Errorf("status.devices: %+v", got)
	}
}

func TestForgotten(t *testing.T) {
	a := newAPI()
	r := status.New(status.Config{Driver: driver, Claims: a.ResourceV1(), Delay: time.Millisecond, Start: time.Millisecond})
	r.Prepared(t.Context(), prepared())
	r.Forget(uid)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := r.Run(ctx); err != nil || a.applied.Load() != 0 {
		t.Errorf("applied %d times, %v", a.applied.Load(), err)
	}
}
