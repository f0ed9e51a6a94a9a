package onenode

import (
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/hawser-dra/hawser/internal/agentcontract"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/attachment"
)

// TestContract holds the real netagent to what the driver's tests believe of it.
func TestContract(t *testing.T) {
	n := newNode(t, t.Output())
	n.startNetagent()
	client := n.dial()
	t.Cleanup(func() { _ = client.Close() })
	agentcontract.Test(t, client, func(key string) { // of a pair, d1's, both ends stay
		alias := "hawser/" + agentcontract.ClaimUID + "/" + key
		pod := testns.NewPod(t)
		pod.Take(byAlias(t, alias).Attrs().Name, "net1")
		pod.Close()
		n.eventually("the link has died with its namespace", func() bool { return len(ownLinks(t)) == 2 })
	})
}

// ownLinks are the links of the host that netagent has made.
func ownLinks(t testing.TB) (own []netlink.Link) {
	t.Helper()
	for _, l := range testns.List(t, netlink.LinkList) {
		if l.Attrs().Group == attachment.Group {
			own = append(own, l)
		}
	}
	return own
}

// sweep deletes what a test that failed has left, so that the next one is not
// blamed for it.
func sweep(t testing.TB) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, l := range ownLinks(t) {
		_ = netlink.LinkDel(l) // gone already, when the other end of its pair was first
	}
}

func byAlias(t testing.TB, alias string) netlink.Link {
	t.Helper()
	for _, l := range ownLinks(t) {
		if l.Attrs().Alias == alias {
			return l
		}
	}
	t.Fatalf("no link has alias %s", alias)
	return nil
}
