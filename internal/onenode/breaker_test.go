//go:build fault

package onenode

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hawser-dra/hawser/internal/fault"
)

// life is a program of one side of the node.
type life struct{ program, side string }

func (l life) String() string { return fmt.Sprintf("%s of side %s", l.program, l.side) }

// breaker kills programs that run in the test's process: from the point on at
// which one dies, whatever passes a point of it ends there and then. Its twin
// lives on.
type breaker struct {
	mu    sync.Mutex
	armed death
	dead  map[life]bool
	// cut breaks the connections of a program that dies.
	cut func(life)
}

// death is what makes a program of a side die: that a point is passed there.
type death struct {
	of     string // the program; the driver may die of what its netagent passes
	at     fault.Name
	passes int // that are survived
}

func (d death) String() string {
	return fmt.Sprintf("a %s dies at %s, after %d times", d.of, d.at, d.passes)
}

// newBreaker takes over all points of the process until the test ends.
func newBreaker(t *testing.T) *breaker {
	t.Helper()
	t.Setenv("GODEBUG", "tracebacklabels=1") // see currentSide
	b := &breaker{dead: map[life]bool{}}
	fault.Handle(b.pass)
	t.Cleanup(func() { fault.Handle(func(fault.Name) {}) })
	return b
}

func (b *breaker) pass(name fault.Name) {
	who := life{programOf(name), currentSide()}
	b.mu.Lock()
	if name == b.armed.at {
		if b.armed.passes == 0 {
			b.kill(life{b.armed.of, who.side})
			b.armed = death{}
		}
		b.armed.passes--
	}
	dead := b.dead[who]
	b.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
}

func (b *breaker) kill(l life) {
	b.dead[l] = true
	b.cut(l)
}

func programOf(point fault.Name) string {
	program, _, _ := strings.Cut(string(point), "-")
	return program
}

// currentSide reads the goroutine's label from the first line of its traceback,
// the one place where the runtime tells it: goroutine 6 [running labels:{"side": "one"}]:
func currentSide() string {
	trace := make([]byte, 256)
	trace = trace[:runtime.Stack(trace, false)]
	header, _, _ := strings.Cut(string(trace), "\n")
	_, label, _ := strings.Cut(header, `"`+sideLabel+`": "`)
	side, _, found := strings.Cut(label, `"`)
	if !found {
		panic("a goroutine without a side passes a point: " + string(trace))
	}
	return side
}

func (b *breaker) arm(d death) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = d
}

// isDead says whether a program has died.
func (b *breaker) isDead(l life) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dead[l]
}

// revive lets the next life of a program pass.
func (b *breaker) revive(l life) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.dead, l)
}
