package netagent_test

import (
	"testing"

	"github.com/google/uuid"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
)

// TestFunctionGoesWhileAPodHasIt: the kernel tells of its link in the pod alone.
// The other function, and the rest of the claim's life, are not touched by it.
func TestFunctionGoesWhileAPodHasIt(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 2)[0]
	a := lending(t)
	w := a.watch()
	claim := uuid.NewString()
	a.attach(claim, f.request("a", allSettings))
	pod := testns.NewPod(t)
	pod.Take(f.link, "net1")
	w.want(claim, netagentv1.Location_LOCATION_POD)
	sh(t, "echo 0 >/sys/class/net/"+physical+"/device/sriov_numvfs")
	w.want(claim, netagentv1.Location_LOCATION_LOST)
	a.wantLinks("eth1 eth2 eth3")
	a.detach(claim)
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

// TestWireOfLentDevices: a function has no link when its card has none, wherever
// the function is.
func TestWireOfLentDevices(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	a := lending(t)
	down := func(want bool) {
		t.Helper()
		eventually(t, "the function's link is as its card's", func() bool {
			for _, d := range a.devices() {
				if vf := d.GetVf(); vf != nil {
					return vf.GetLinkDown() == want
				}
			}
			return false
		})
	}
	down(false)
	a.attach(uuid.NewString(), f.request("a", nil))
	pod := testns.NewPod(t)
	pod.Take(f.link, "net1")
	for range 2 {
		down(false)
		sh(t, "ip link set "+physical+" down")
		down(true)
		sh(t, "ip link set "+physical+" up")
	}
	down(false)
}

// TestSoftRDMAOverALentLink has a soft RDMA device over a function: it ends when
// the function leaves for its pod, and so is never offered as one with it. The
// function is not harmed.
func TestSoftRDMAOverALentLink(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	sh(t, "ip link set "+f.link+" up")
	testns.SoftRDMA(t, "rxe0", f.link)
	a := start(t, func(c *netagent.Config) { c.AllowDevices, c.AllowRDMA = []string{"eth*"}, []string{"*"} })
	eventually(t, "the RDMA device is told of", func() bool { return a.devices()["rdma-rxe0"] != nil })
	for name, d := range a.devices() {
		if d.GetCombo() != nil {
			t.Errorf("%s is offered as one", name)
		}
	}
	w := a.watch()
	claim := uuid.NewString()
	a.attach(claim, f.request("a", nil), &netagentv1.DeviceRequest{
		Key: "b", Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: "rxe0"}}})
	pod := testns.NewPod(t)
	pod.Take(f.link, "net1")
	for key, where := range map[string]netagentv1.Location{"a": netagentv1.Location_LOCATION_POD, "b": netagentv1.Location_LOCATION_LOST} {
		if at := w.at[claim+"/"+key]; at.GetLocation() != where {
			w.until(where.String(), func(*netagentv1.WatchResponse) bool { return w.at[claim+"/"+key].GetLocation() == where })
		}
	}
	pod.Close()
	a.detach(claim)
}
