//go:build fault

package onenode

import "slices"

// program is one of the two that run on a side.
type program struct {
	name        string
	stop, start func(*node)
}

var (
	netagentProgram = program{"netagent", (*node).stopNetagent, (*node).startNetagent}
	driverProgram   = program{"driver", (*node).stopDriver, (*node).startDriver}
)

// kubelet is the side that the kubelet calls: the one that registered last.
func (h *history) kubelet() *node { return h.sides[len(h.sides)-1] }

// of returns a side by its name.
func (h *history) of(side string) *node {
	return h.twins[slices.IndexFunc(h.twins[:], func(n *node) bool { return n.side == side })]
}

// idle returns a side that does not run.
func (h *history) idle() *node {
	return h.twins[slices.IndexFunc(h.twins[:], func(n *node) bool { return !slices.Contains(h.sides, n) })]
}

// cut breaks the connections of a program that dies. While netagent is dead there
// are no others.
func (h *history) cut(l life) {
	conns := &h.of(l.side).conns
	conns.cut()
	if l.program == driverProgram.name {
		conns.allow()
	}
}

// update begins a rolling update or ends it.
func (h *history) update() func() {
	if len(h.sides) == 1 {
		return func() { h.note("start side %s", h.idle().side); h.startSide() }
	}
	return func() { h.note("stop side %s", h.sides[0].side); h.stopSide() }
}

// startSide starts a netagent and a driver beside those that run, if any do.
func (h *history) startSide() {
	h.t.Helper()
	n := h.idle()
	h.restartProgram(n, netagentProgram)
	h.restartProgram(n, driverProgram)
	h.sides = append(h.sides, n)
}

// stopSide stops the older side.
func (h *history) stopSide() {
	n := h.sides[0]
	n.stop()
	h.sides = h.sides[1:]
}

// restartProgram ends a program, if it runs, and starts it.
func (h *history) restartProgram(n *node, p program) {
	h.t.Helper()
	p.stop(n)
	h.revive(life{p.name, n.side})
	p.start(n)
}
