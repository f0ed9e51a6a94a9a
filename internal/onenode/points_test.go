//go:build fault

package onenode

import (
	"slices"
	"sync"
	"testing"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/journal"
)

// TestPoints takes a claim through its life and shows that every point is
// passed, so that a test which kills at each of them does what it says.
func TestPoints(t *testing.T) {
	n := newNode(t, t.Output())
	var mu sync.Mutex
	passed := map[fault.Name]bool{}
	fault.Handle(func(name fault.Name) {
		mu.Lock()
		defer mu.Unlock()
		passed[name] = true
	})
	n.startNetagent()
	n.startDriver()
	c := newClaim(0, `{"kind": "veth", "interfaceName": "net1"}`)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(n.prepare(c))
	pod := testns.NewPod(t)
	pod.Take(n.listed(string(c.UID), 1)[0], "net1")
	n.eventually("the spec is rewritten", func() bool { return slices.Equal(n.listed(string(c.UID), 1), []string{""}) })
	must(n.unprepare(c))
	leaveHalfDetached(t, n, c)
	must(n.prepare(c))
	must(n.unprepare(c))

	mu.Lock()
	defer mu.Unlock()
	for _, name := range append(fault.Driver(), fault.Netagent()...) {
		if !passed[name] {
			t.Errorf("%s is not passed", name)
		}
	}
}

// leaveHalfDetached prepares the claim and ends netagent while it takes it away.
func leaveHalfDetached(t *testing.T, n *node, c *resourceapi.ResourceClaim) {
	t.Helper()
	if err := n.prepare(c); err != nil {
		t.Fatal(err)
	}
	n.stopNetagent()
	j, err := journal.Open(n.config.JournalDir, n.log)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	entries, err := j.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		e.Leaving = true
		if err := j.Replace(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	n.startNetagent()
}
