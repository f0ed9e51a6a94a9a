package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// slots is what the shipped manifest offers on a node.
const slots = 128

// macvlans is a claim that takes so many slots.
func macvlans(t *testing.T, count int) []request {
	t.Helper()
	var requests []request
	for i := range count {
		requests = append(requests, request{fmt.Sprintf("nic%d", i), netdev{"kind": "macvlan", "parent": "eth0"}.parameters()})
	}
	return requests
}

// TestFiftyPodsTakeAllSlots makes fifty pods at once, with two or three
// interfaces each. They leave no slot: the next pod waits until one of them goes.
func TestFiftyPodsTakeAllSlots(t *testing.T) {
	const (
		pods      = 50
		withThree = slots - 2*pods
	)
	n := newNamespace(t)
	objects := []any{
		claimTemplate("one", claimSpec(t, macvlans(t, 1)...)),
		claimTemplate("two", claimSpec(t, macvlans(t, 2)...)),
		claimTemplate("three", claimSpec(t, macvlans(t, 3)...)),
	}
	var names []string
	for i := range pods {
		template := "two"
		if i < withThree {
			template = "three"
		}
		names = append(names, fmt.Sprintf("pod%d", i))
		objects = append(objects, podWith(names[i], template))
	}
	n.apply(objects...)
	for some := range slices.Chunk(names, 10) {
		n.ready(some...)
	}
	n.wantInterfaces("pod0", "lo", "eth0", "net1", "net2", "net3")
	n.wantDistinctAddresses(names, slots)

	n.apply(podWith("late", "one"))
	n.wantEvent("late", "FailedScheduling", "cannot allocate all claims")
	n.delete("pod/pod0")
	n.ready("late")
}

// wantDistinctAddresses reads the link addresses that the pods' claims report.
func (n *namespace) wantDistinctAddresses(pods []string, want int) {
	n.t.Helper()
	eventually(n.t, func() error {
		owner := map[string]string{}
		for _, pod := range pods {
			for _, claim := range n.claims(pod) {
				for _, d := range claim.Status.Devices {
					if d.NetworkData == nil || d.NetworkData.HardwareAddress == "" {
						continue
					}
					mac := d.NetworkData.HardwareAddress
					if other, taken := owner[mac]; taken {
						n.t.Errorf("%s and %s have the same link address %s", pod, other, mac)
					}
					owner[mac] = pod
				}
			}
		}
		if len(owner) != want {
			return fmt.Errorf("the claims of %d pods have %d link addresses, want %d", len(pods), len(owner), want)
		}
		return nil
	})
}
