package onenode

import (
	"slices"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/internal/testns"
)

// TestTwins lets one driver unprepare a claim at the moment at which its twin, in
// a rolling update, makes the claim's lost link again. Whoever is first, nothing
// is left.
func TestTwins(t *testing.T) {
	t.Run("two drivers", func(t *testing.T) {
		n := newNode(t, t.Output())
		n.startNetagent()
		n.startDriver()
		twin := n.newDriver()
		t.Cleanup(func() { n.end(twin) })
		loseAndUnprepare(t, n, n)
	})
	t.Run("two drivers with a netagent each", func(t *testing.T) {
		n := newNode(t, t.Output())
		twin := n.twin()
		for _, side := range []*node{n, twin} {
			side.startNetagent()
			side.startDriver()
		}
		loseAndUnprepare(t, n, twin)
	})
}

// loseAndUnprepare takes a claim through its life, ever later after its loss. The
// kubelet prepares by one driver and unprepares by the other.
func loseAndUnprepare(t *testing.T, first, last *node) {
	t.Helper()
	c := newClaim(0, `{"kind": "veth", "interfaceName": "net1"}`)
	uid := string(c.UID)
	for round := range 12 {
		if err := first.prepare(c); err != nil {
			t.Fatal(err)
		}
		pod := testns.NewPod(t)
		pod.Take(first.listed(uid, 1)[0], "net1")
		first.eventually("the spec is rewritten", func() bool { return slices.Equal(first.listed(uid, 1), []string{""}) })
		pod.Close()
		time.Sleep(settle + time.Duration(round)*2*time.Millisecond)
		if err := last.unprepare(c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * settle)
		if diff := first.diff(&model{}); diff != "" {
			t.Fatalf("left (-want +node):\n%s", diff)
		}
		first, last = last, first
	}
}
