package slices_test

import (
	"testing"
	"testing/synctest"
	"time"

	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/slices"
)

func card(down bool) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "nic-0000-3b-00-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "eth1", LinkDown: down}}}
}

// tainted says whether the card is, as published last.
func tainted(t *testing.T, n *node) bool {
	t.Helper()
	synctest.Wait()
	for _, d := range n.pool(t).Slices[0].Devices {
		if d.Name != "nic-0000-3b-00-0" {
			if len(d.Taints) > 0 {
				t.Errorf("%s is tainted: %v", d.Name, d.Taints)
			}
			continue
		}
		for _, taint := range d.Taints {
			if taint.Key != "dra.example.com/link-down" || taint.Effect != resourceapi.DeviceTaintEffectNoSchedule {
				t.Errorf("taint %v", taint)
			}
		}
		return len(d.Taints) > 0
	}
	t.Fatal("the card is not listed")
	return false
}

// TestTaint has a link that goes down, flaps, and comes back: each change of the
// taint takes a minute of a link that stays as it is, and is a write by itself.
func TestTaint(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		want := func(what string, want bool) {
			t.Helper()
			if got := tainted(t, n); got != want {
				t.Errorf("%s: tainted %v, want %v", what, got, want)
			}
		}
		n.change(true, virtual(512), card(false))
		want("at the start", false)
		n.change(true, virtual(512), card(true))
		time.Sleep(50 * time.Second)
		want("down for a short time", false)
		time.Sleep(12 * time.Second)
		want("down for a minute", true)
		for range 20 { // it flaps, with the last state up
			n.change(true, virtual(512), card(false))
			time.Sleep(20 * time.Second)
			n.change(true, virtual(512), card(true))
			time.Sleep(20 * time.Second)
		}
		n.change(true, virtual(512), card(false))
		time.Sleep(50 * time.Second)
		want("flapping", true)
		time.Sleep(12 * time.Second)
		want("up for a minute", false)
		n.count(t, 3)
	}, func(c *slices.Config) { c.TaintLinkDown = time.Minute })
}

func TestTaintIsThereAtOnceAfterARestart(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, card(true))
		if !tainted(t, n) {
			t.Error("a link that was down when the driver began is not tainted")
		}
	}, func(c *slices.Config) { c.TaintLinkDown = time.Minute })
}

func TestNoTaintUnlessAskedFor(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, card(true))
		time.Sleep(time.Hour)
		if tainted(t, n) {
			t.Error("tainted")
		}
	})
}
