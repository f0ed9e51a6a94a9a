//go:build fault

package netagent_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/testns"
)

// killer ends netagent at a point: from then on whatever passes one ends there.
type killer struct {
	mu    sync.Mutex
	armed fault.Name
	died  chan struct{}
	dead  bool
}

func (k *killer) pass(name fault.Name) {
	k.mu.Lock()
	if name == k.armed && !k.dead {
		k.armed, k.dead = "", true
		close(k.died)
	}
	dead := k.dead
	k.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
}

func (k *killer) arm(name fault.Name) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed, k.dead, k.died = name, false, make(chan struct{})
}

func (k *killer) revive() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead, k.died = false, make(chan struct{})
}

// struck says whether it has struck since it was armed, though revived since.
func (k *killer) struck() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.armed == ""
}

// TestLendingIsCutShort ends netagent at each point of a loan, and starts it
// anew: in the end the device is as it was before.
func TestLendingIsCutShort(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	sh(t, "ip link set "+e1000e+" up")
	k := &killer{died: make(chan struct{})}
	fault.Handle(k.pass)
	a := lending(t)
	for name, request := range map[string]*netagentv1.DeviceRequest{f.link: f.request("a", allSettings), e1000e: nicRequest(e1000e)} {
		sh(t, "ip link set "+name+" up")
		before := asIs(t, name, physical)
		for _, point := range fault.Lending() {
			if point == fault.NetagentCardSet && name != f.link {
				continue
			}
			t.Run(name+" "+string(point), func(t *testing.T) {
				k.arm(point)
				life := loan{a: a, k: k, claim: uuid.NewString(), name: name, request: request}
				life.run(t)
				if !k.struck() {
					t.Errorf("%s is not passed", point)
				}
				wantAsIs(t, before, name, physical)
				for _, file := range a.journal() {
					if strings.HasSuffix(file, ".json") {
						t.Errorf("journal left: %s", file)
					}
				}
			})
		}
		sh(t, "ip link set "+name+" down")
	}
}

// loan is what happens to a device while netagent may die.
type loan struct {
	a       *agent
	k       *killer
	claim   string
	name    string
	request *netagentv1.DeviceRequest
}

func (l loan) run(t *testing.T) {
	t.Helper()
	l.until(t, func() error { _, err := l.a.tryAttach(l.claim, l.request); return err })
	pod := testns.NewPod(t)
	pod.Take(l.name, "net1")
	pod.Close()
	eventually(t, "it is home and ready", func() bool {
		l.restartDead()
		_, err := l.a.tryAttach(l.claim, l.request)
		return err == nil && strings.Contains(sh(t, "ip link show dev "+l.name+" || true"), "alias hawser/"+l.claim)
	})
	l.until(t, func() error {
		_, err := l.a.client.Detach(t.Context(), &netagentv1.DetachRequest{ClaimUid: l.claim})
		return err
	})
}

// until repeats a call as the driver does, as long as netagent dies of it.
func (l loan) until(t *testing.T, call func() error) {
	t.Helper()
	for {
		done := make(chan error, 1)
		l.k.mu.Lock()
		died := l.k.died
		l.k.mu.Unlock()
		go func() { done <- call() }()
		select {
		case err := <-done:
			if err == nil {
				return
			}
			if !l.restartDead() {
				t.Fatal(err)
			}
		case <-died:
			l.restartDead()
			if err := <-done; err == nil {
				return
			}
		}
	}
}

// restartDead says whether netagent had died.
func (l loan) restartDead() bool {
	l.k.mu.Lock()
	dead := l.k.dead
	l.k.mu.Unlock()
	if dead {
		l.a.stop()
		l.k.revive()
		l.a.start()
	}
	return dead
}
