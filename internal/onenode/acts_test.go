//go:build fault

package onenode

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vishvananda/netlink"

	"github.com/hawser-dra/hawser/internal/testns"
)

// choose picks something that can happen now.
func (h *history) choose() func() {
	c := h.model.claims[h.random.IntN(len(h.model.claims))]
	for {
		var act func()
		switch h.random.IntN(11) {
		case 0, 1, 2:
			act = h.start(c)
		case 3:
			act = func() { h.note("prepare %s", c.rc.Name); h.prepare(c) }
		case 4:
			act = func() { h.note("unprepare %s", c.rc.Name); h.unprepare(c) }
		case 5:
			act = h.endPod()
		case 6:
			act = h.deleteLink(c)
		case 7:
			act = h.renameLink(c)
		case 8:
			act = h.replaceParent()
		case 9:
			act = h.restart()
		case 10:
			act = h.update()
		}
		if act != nil {
			return act
		}
	}
}

// prepare prepares a claim. When somebody dies of it, the kubelet tries again or
// the pod is deleted.
func (h *history) prepare(c *modelClaim) {
	h.t.Helper()
	for {
		h.restartDead()
		err := h.kubelet().prepare(c.rc)
		if err == nil {
			c.setPrepared(true)
			return
		}
		h.note("prepare %s: %v", c.rc.Name, err)
		if !h.restartDead() {
			h.t.Fatalf("prepare %s: %v, though nobody died", c.rc.Name, err)
		}
		if !c.prepared && h.random.IntN(2) == 0 {
			h.note("unprepare %s instead", c.rc.Name)
			h.unprepare(c)
			return
		}
	}
}

// unprepare unprepares a claim. When somebody dies of it, the kubelet tries
// again, or another pod has come that needs the claim.
func (h *history) unprepare(c *modelClaim) {
	h.t.Helper()
	for {
		h.restartDead()
		err := h.kubelet().unprepare(c.rc)
		if err == nil {
			c.setPrepared(false)
			return
		}
		h.note("unprepare %s: %v", c.rc.Name, err)
		if !h.restartDead() {
			h.t.Fatalf("unprepare %s: %v, though nobody died", c.rc.Name, err)
		}
		if h.random.IntN(4) == 0 {
			h.note("prepare %s instead", c.rc.Name)
			c.at = h.whereIs(c)
			h.prepare(c)
			return
		}
	}
}

// whereIs looks which devices an unprepare that was cut short has left in pods.
func (h *history) whereIs(c *modelClaim) []string {
	got := h.see(&h.model)
	at := slices.Clone(c.at)
	for i := range at {
		if !slices.Contains(got.Pods[at[i]], c.ifname(i)) {
			at[i] = onHost
		}
	}
	return at
}

// start starts a container in a pod: the runtime moves what the spec lists.
// Sometimes it fails after the first.
func (h *history) start(c *modelClaim) func() {
	if !c.prepared {
		return func() { h.note("prepare %s", c.rc.Name); h.prepare(c) }
	}
	name := c.pod()
	if name == "" {
		name = fmt.Sprintf("pod%d", h.random.IntN(2))
	}
	most := 1 + h.random.IntN(len(c.at))
	return func() {
		if h.model.pods[name] == nil {
			h.model.pods[name] = testns.NewPod(h.t)
		}
		listed := h.listed(c.uid(), len(c.at))
		h.note("start a container of %s with %s, which has %q", name, c.rc.Name, listed)
		for i, link := range listed {
			if link != "" && most > 0 {
				h.model.pods[name].Take(link, c.ifname(i))
				c.at[i] = name
				most--
			}
		}
	}
}

// pod is where the claim's devices are, if any is in a pod.
func (c *modelClaim) pod() string {
	for _, at := range c.at {
		if at != onHost {
			return at
		}
	}
	return ""
}

// endPod ends a pod's namespace. What was in it is made again on the host.
func (h *history) endPod() func() {
	if len(h.model.pods) == 0 {
		return nil
	}
	names := h.model.podNames()
	name := names[h.random.IntN(len(names))]
	return func() {
		h.note("end %s", name)
		h.model.pods[name].Close()
		delete(h.model.pods, name)
		for _, c := range h.model.claims {
			for i := range c.at {
				if c.at[i] == name {
					c.at[i] = onHost
				}
			}
		}
	}
}

// deleteLink deletes a link on the host by hand.
func (h *history) deleteLink(c *modelClaim) func() {
	alias := h.onHostAlias(c)
	if alias == "" {
		return nil
	}
	return func() {
		h.note("delete the link %s", alias)
		if err := netlink.LinkDel(byAlias(h.t, alias)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// renameLink renames a link on the host, as the runtime does for a hostNetwork
// pod.
func (h *history) renameLink(c *modelClaim) func() {
	alias := h.onHostAlias(c)
	if alias == "" {
		return nil
	}
	return func() {
		h.note("rename the link %s", alias)
		if err := netlink.LinkSetName(byAlias(h.t, alias), "renamed0"); err != nil {
			h.t.Fatal(err)
		}
	}
}

// onHostAlias returns the alias of a random device of c that is on the host.
func (h *history) onHostAlias(c *modelClaim) string {
	i := h.random.IntN(len(c.at))
	if !c.prepared || c.at[i] != onHost {
		return ""
	}
	return c.alias(i)
}

// replaceParent takes the parent away and brings it back. What stood on it is
// made again on the host, wherever it was.
func (h *history) replaceParent() func() {
	return func() {
		h.note("the parent goes and comes back")
		if err := netlink.LinkDel(testns.Get(h.t, "up0")); err != nil {
			h.t.Fatal(err)
		}
		testns.Uplink(h.t, "up0", 1500)
		for _, c := range h.model.claims {
			for i, kind := range c.kinds {
				if kind == "macvlan" {
					c.at[i] = onHost
				}
			}
		}
	}
}

// restart ends one program of a side, or both, and starts it again.
func (h *history) restart() func() {
	n := h.sides[h.random.IntN(len(h.sides))]
	both := h.random.IntN(3) == 0
	one := []program{netagentProgram, driverProgram}[h.random.IntN(2)]
	return func() {
		if !both {
			h.note("restart the %s of side %s", one.name, n.side)
			h.restartProgram(n, one)
			return
		}
		h.note("restart side %s", n.side)
		n.stop()
		h.restartProgram(n, netagentProgram)
		h.restartProgram(n, driverProgram)
	}
}

func (c *modelClaim) setPrepared(now bool) {
	for i := range c.at {
		if !c.prepared || !now {
			c.at[i] = onHost
		}
	}
	c.prepared = now
}

func (m *model) podNames() []string { return slices.Sorted(maps.Keys(m.pods)) }
