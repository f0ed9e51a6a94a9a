package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/steps"
)

// fault ends one step, before or after it has done what it is asked: with an
// error, or as a kill does, so that nothing after it runs.
type fault struct {
	step         string
	after, crash bool
}

func (f fault) String() string {
	when, how := "before", "error"
	if f.after {
		when = "after"
	}
	if f.crash {
		how = "crash"
	}
	return fmt.Sprintf("%s %s %s", how, when, f.step)
}

// each runs a test for each fault in each of the steps.
func each(t *testing.T, steps []string, run func(t *testing.T, f fault)) {
	for _, step := range steps {
		for _, after := range []bool{false, true} {
			for _, crash := range []bool{false, true} {
				f := fault{step, after, crash}
				t.Run(f.String(), func(t *testing.T) { run(t, f) })
			}
		}
	}
}

// in puts the fault, once, between a driver and its node.
func (f fault) in(s *steps.Steps) {
	faulty := &faulty{fault: f, agent: s.Agent, records: s.Records, specs: s.Specs}
	s.Agent, s.Records, s.Specs = faulty, faulty, faulty
}

type faulty struct {
	fault   fault
	agent   steps.Agent
	records steps.Records
	specs   steps.Specs
}

func (f *faulty) do(step string, do func() error) error {
	if f.fault.step != step {
		return do()
	}
	if f.fault.after {
		if err := do(); err != nil {
			return err
		}
	}
	f.fault.step = "over"
	if f.fault.crash {
		runtime.Goexit()
	}
	return errors.New("injected")
}

func (f *faulty) Attach(ctx context.Context, req *netagentv1.AttachRequest) (resp *netagentv1.AttachResponse, err error) {
	err = f.do("attach", func() error { resp, err = f.agent.Attach(ctx, req); return err })
	return resp, err
}

func (f *faulty) Detach(ctx context.Context, uid string) error {
	return f.do("detach", func() error { return f.agent.Detach(ctx, uid) })
}

func (f *faulty) Put(r *record.Record) error {
	return f.do("put", func() error { return f.records.Put(r) })
}

func (f *faulty) Delete(uid string) error {
	return f.do("delete", func() error { return f.records.Delete(uid) })
}

func (f *faulty) Write(r *record.Record, onHost map[string]bool) error {
	return f.do("write", func() error { return f.specs.Write(r, onHost) })
}

func (f *faulty) Remove(uid string) error {
	return f.do("remove", func() error { return f.specs.Remove(uid) })
}

func faultyClaim() *resourceapi.ResourceClaim {
	return newClaim(1, "p1", `{"kind": "dummy", "macAddress": "02:00:00:00:aa:01"}`, `{"kind": "macvlan", "parent": "eth0", "macAddress": "02:00:00:00:aa:02"}`)
}

// After a fault in Prepare the next driver gives the answer that there would
// have been without it, and nothing is left when the claim goes.
func TestPrepareSurvives(t *testing.T) {
	c := faultyClaim()
	want := mustPrepare(t, newNode(t).start(t, nil), c)[c.UID].Devices
	each(t, []string{"attach", "put", "write"}, func(t *testing.T, f fault) {
		n := newNode(t)
		results, _ := n.start(t, f.in).PrepareResourceClaims(t.Context(), []*resourceapi.ResourceClaim{c})
		if results[c.UID].Devices != nil || !f.crash && results[c.UID].Err == nil {
			t.Errorf("the fault was answered by %v", results)
		}
		unknown := f.crash || f.step == "attach" // the driver cannot know what was done
		if left := n.left(t); !unknown && len(left) > 0 {
			t.Errorf("left after the fault: %v", left)
		}
		p := n.start(t, nil)
		if diff := cmp.Diff(want, mustPrepare(t, p, c)[c.UID].Devices); diff != "" {
			t.Error(diff)
		}
		unprepare(t, p, c)
		if left := n.left(t); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// A fault when a prepared claim is prepared again takes nothing from its pod.
func TestPrepareAgainSurvives(t *testing.T) {
	c := faultyClaim()
	each(t, []string{"attach", "put", "write"}, func(t *testing.T, f fault) {
		n := newNode(t)
		want := mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
		n.agent.Move(string(c.UID), "d0")
		_, _ = n.start(t, f.in).PrepareResourceClaims(t.Context(), []*resourceapi.ResourceClaim{c})
		if diff := cmp.Diff(want, mustPrepare(t, n.start(t, nil), c)[c.UID].Devices); diff != "" {
			t.Error(diff)
		}
		if got := n.agent.Attachments(string(c.UID))[0].GetLocation(); got != netagentv1.Location_LOCATION_POD {
			t.Errorf("the pod's link is at %s", got)
		}
	})
}

// A fault in Unprepare is made up for by the next call.
func TestUnprepareSurvives(t *testing.T) {
	c := faultyClaim()
	each(t, []string{"detach", "remove", "delete"}, func(t *testing.T, f fault) {
		n := newNode(t)
		mustPrepare(t, n.start(t, nil), c)
		results, _ := n.start(t, f.in).UnprepareResourceClaims(t.Context(), objects([]*resourceapi.ResourceClaim{c}))
		if results[c.UID] == nil && !f.crash {
			t.Error("unprepared despite the fault")
		}
		unprepare(t, n.start(t, nil), c)
		if left := n.left(t); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// Without a record a claim may be in use all the same: its file was broken. A
// failure then takes nothing from the pod.
func TestUndoSparesPods(t *testing.T) {
	c := faultyClaim()
	n := newNode(t)
	mustPrepare(t, n.start(t, nil), c)
	n.agent.Move(string(c.UID), "d0")
	n.breakRecords(t)
	p := n.start(t, fault{step: "put"}.in)
	if err := prepare(t, p, c)[c.UID].Err; err == nil || err.Error() != "keep the record: injected" {
		t.Errorf("got %v", err)
	}
	if got := len(n.agent.AllAttachments()); got != 2 {
		t.Errorf("%d attachments are left", got)
	}
}
