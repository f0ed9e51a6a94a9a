//go:build fault

package onenode

import (
	"runtime"
	"strings"
	"sync"

	"github.com/hawser-dra/hawser/internal/fault"
)

// breaker kills programs that run in the test's process: from the point on at
// which one dies, whatever passes a point of it ends there and then.
type breaker struct {
	mu     sync.Mutex
	armed  fault.Name
	passes int // of the armed point that it survives
	dead   map[string]bool
	// cut breaks the connections of netagent when it dies.
	cut func()
}

// newBreaker takes over all points of the process.
func newBreaker() *breaker {
	b := &breaker{dead: map[string]bool{}}
	fault.Handle(b.pass)
	return b
}

func (b *breaker) pass(name fault.Name) {
	b.mu.Lock()
	program, _, _ := strings.Cut(string(name), "-")
	if name == b.armed {
		if b.passes == 0 {
			b.armed, b.dead[program] = "", true
			if program == "netagent" {
				b.cut()
			}
		}
		b.passes--
	}
	dead := b.dead[program]
	b.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
}

func (b *breaker) arm(name fault.Name, passes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed, b.passes = name, passes
}

// isDead says whether a program has died.
func (b *breaker) isDead(program string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dead[program]
}

// revive lets the next life of a program pass.
func (b *breaker) revive(program string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dead[program] = false
}
