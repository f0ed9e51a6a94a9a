//go:build fault

package onenode

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/testns"
)

var (
	seed      = flag.Uint64("seed", 0, "seed of the first random history; 0: a random one")
	histories = flag.Int("histories", 0, "how many random histories to run; 0: as many as fit, or the one of -seed")
)

const (
	// stepsEach is few: what goes wrong needs no more, and a person can read it.
	stepsEach = 12
	maxClaims = 3
	// brief is for the quick loop, long for where the tests have a machine to
	// themselves: about ninety histories, a thousand acts, under emulation.
	brief, long = 3 * time.Second, 90 * time.Second
)

// TestHistories lets random things happen to claims, links, namespaces, programs
// and their twins, and compares the node with a model after each of them.
func TestHistories(t *testing.T) {
	testns.Kind(t, "macvlan")
	b := newBreaker(t)
	first, more := plan()
	done := 0
	for ; more(done) && !t.Failed(); done++ {
		t.Run(fmt.Sprintf("seed=%d", first+uint64(done)), func(t *testing.T) { newHistory(t, b, first+uint64(done)).run() })
	}
	t.Logf("%d histories of %d steps, -seed=%d and on", done, stepsEach, first)
}

// plan says which seed is the first, and whether there is time for more when so
// many are done.
func plan() (first uint64, more func(done int) bool) {
	first, most := *seed, *histories
	if first != 0 && most == 0 {
		most = 1
	}
	if first == 0 {
		first = uint64(rand.Uint32())
	}
	span := brief
	if os.Getenv("HAWSER_KERNEL") == "full" {
		span = long
	}
	end := time.Now().Add(span)
	return first, func(done int) bool {
		if most > 0 {
			return done < most
		}
		return time.Now().Before(end)
	}
}

// history is what happens to one node.
type history struct {
	*node // where one looks
	*breaker
	twins  [2]*node
	sides  []*node // of the twins, who run; the kubelet calls the last
	model  model
	random *rand.Rand
	lines  []string // what has happened
}

func newHistory(t *testing.T, b *breaker, seed uint64) *history {
	t.Helper()
	log := &bytes.Buffer{}
	h := &history{breaker: b, model: model{pods: map[string]*testns.Pod{}}, random: rand.New(rand.NewPCG(seed, 0))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what happened:\n%s\nlog:\n%s", strings.Join(h.lines, "\n"), log)
		}
	})
	testns.Uplink(t, "up0", 1500)
	h.node = newNode(t, log)
	h.twins = [2]*node{h.node, h.twin()}
	b.cut = h.cut
	for i := range 1 + h.random.IntN(maxClaims) {
		h.model.claims = append(h.model.claims, h.claim(i))
	}
	return h
}

// claim makes a claim of one or two devices.
func (h *history) claim(ordinal int) *modelClaim {
	c := &modelClaim{}
	var netdevs []string
	for i := range 1 + h.random.IntN(2) {
		kind := []string{"veth", "macvlan"}[h.random.IntN(2)]
		netdev := map[string]string{"veth": `{"kind": "veth"`, "macvlan": `{"kind": "macvlan", "parent": "up0"`}[kind]
		netdevs = append(netdevs, fmt.Sprintf(`%s, "interfaceName": "c%dd%d"}`, netdev, ordinal, i))
		c.kinds, c.at = append(c.kinds, kind), append(c.at, onHost)
	}
	c.rc = newClaim(ordinal, netdevs...)
	return c
}

// run lets things happen, and then everything end.
func (h *history) run() {
	h.startSide()
	for range stepsEach {
		h.step()
	}
	for _, c := range h.model.claims {
		h.note("unprepare %s, at the end", c.rc.Name)
		h.unprepare(c)
		h.settle()
	}
}

// step does one thing, and often lets a program die of it.
func (h *history) step() {
	act := h.choose()
	if h.random.IntN(3) > 0 {
		d := h.death()
		h.note("%s", d)
		h.arm(d)
	}
	act()
	h.settle()
	h.arm(death{})
	h.settle()
}

// death chooses who will die of what. A driver may also die in the middle of its
// call, which netagent then brings to an end for nobody.
func (h *history) death() death {
	points := append(fault.Driver(), fault.Netagent()...)
	d := death{at: points[h.random.IntN(len(points))], passes: h.random.IntN(3)}
	d.of = programOf(d.at)
	if h.random.IntN(3) == 0 {
		d.of = "driver"
	}
	return d
}

func (h *history) note(format string, args ...any) {
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
}

// settle waits until the node is as the model says; who died lives again.
func (h *history) settle() {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for diff := h.diff(&h.model); diff != "" || h.anyDead(); diff = h.diff(&h.model) {
		h.restartDead()
		if time.Now().After(deadline) {
			h.t.Fatalf("node and model disagree (-model +node):\n%s", diff)
		}
		time.Sleep(time.Millisecond)
	}
}

// restartDead says whether somebody had died.
func (h *history) restartDead() (died bool) {
	h.t.Helper()
	for _, n := range h.sides {
		for _, p := range []program{netagentProgram, driverProgram} {
			if l := (life{p.name, n.side}); h.isDead(l) {
				h.note("%s died", l)
				h.restartProgram(n, p)
				died = true
			}
		}
	}
	return died
}

func (h *history) anyDead() bool {
	return slices.ContainsFunc(h.sides, func(n *node) bool {
		return h.isDead(life{"netagent", n.side}) || h.isDead(life{"driver", n.side})
	})
}
