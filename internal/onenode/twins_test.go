//go:build fault

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
	n := newNode(t, t.Output())
	n.startNetagent()
	n.startDriver()
	twin := n.newDriver()
	t.Cleanup(func() { n.end(twin) })
	c := newClaim(0, `{"kind": "veth", "interfaceName": "net1"}`)
	for round := range 12 {
		if err := n.prepare(c); err != nil {
			t.Fatal(err)
		}
		pod := testns.NewPod(t)
		pod.Take(n.listed(string(c.UID), 1)[0], "net1")
		n.eventually("the spec is rewritten", func() bool { return slices.Equal(n.listed(string(c.UID), 1), []string{""}) })
		pod.Close()
		time.Sleep(settle + time.Duration(round)*2*time.Millisecond)
		if err := n.unprepare(c); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * settle)
		if diff := n.diff(&model{}); diff != "" {
			t.Fatalf("left (-want +node):\n%s", diff)
		}
	}
}
