package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/bench/floor"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// few rounds show that everything is measured; how long it took they do not.
const few = 3

// TestMain is this program where it starts itself for something else, and else
// lets the tests mount what they want.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == rig.EnterCommand || os.Args[1] == floor.EchoCommand) {
		fmt.Fprintln(os.Stderr, run(context.Background(), os.Args[1:]))
		os.Exit(1)
	}
	if os.Geteuid() != 0 {
		os.Exit(m.Run())
	}
	inside, code, err := rig.Isolate(context.Background())
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		code = 1
	case inside:
		code = m.Run()
	}
	os.Exit(code)
}

// newBuilt builds what a place needs.
func newBuilt(t *testing.T) built {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a control plane, which -short is not for")
	}
	if os.Geteuid() != 0 {
		t.Skip("makes network namespaces, which takes root")
	}
	b, err := build(t.Context(), "v0.0.0-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(b.dir); err != nil {
			t.Error(err)
		}
	})
	return b
}

// onMachines are all groups of a machine but load and growth, which prepare
// thousands of claims in any number of rounds.
const onMachines = "^(prepare|devices|device metadata|tracing|follow|podlink|start|slices|netagent .*|system calls)$"

// TestMachine holds what is counted on a machine to what it must be everywhere.
func TestMachine(t *testing.T) {
	p, err := measureMachine(t.Context(), newBuilt(t), options{what: what{rounds: few, only: regexp.MustCompile(onMachines)}})
	if err != nil {
		t.Fatal(err)
	}
	wantMeasured(t, p)
	for name, want := range map[string]float64{
		"fsync": 0, "virtual functions asked for": 0, "journal listed": 0,
		"journal entries written": 2, // what is to be made, then what was made
		"records written":         1, "specs written": 1,
		"writes while nothing changes": 0,
	} {
		if got := count(t, p, name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if count(t, p, "requests to rtnetlink") == 0 {
		t.Error("no requests to rtnetlink were seen")
	}
}

// onHardware are groups that take the test node.
const onHardware = "netagent (sriov-vf|host-device|ipoib|uverbs)|flaps"

// TestNode measures what takes the node's hardware: there are slice writes when
// links flap, and never two in five seconds.
func TestNode(t *testing.T) {
	p, err := measureNode(t.Context(), newBuilt(t), options{what: what{rounds: few, only: regexp.MustCompile(onHardware)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Groups) != 5 {
		t.Errorf("%d groups, want 5", len(p.Groups))
	}
	wantMeasured(t, p)
	for _, driver := range []string{"as shipped", "with --taint-link-down=5s"} {
		if count(t, p, "slice writes during the flapping, "+driver) == 0 {
			t.Errorf("%s: no slice was written", driver)
		}
		if n := count(t, p, "most slice writes in 5 s, "+driver); n > 1 {
			t.Errorf("%s: %v slice writes in 5 s", driver, n)
		}
	}
}

// wantMeasured wants something of every group, and all rows sampled.
func wantMeasured(t *testing.T, p report.Place) {
	t.Helper()
	if len(p.Groups) == 0 {
		t.Error("nothing was measured")
	}
	for _, g := range p.Groups {
		if len(g.Rows)+len(g.Counts) == 0 {
			t.Errorf("%s: nothing was measured", g.Name)
		}
		for _, r := range g.Rows {
			if r.Samples < few || r.P50 <= 0 || len(r.FloorOf) > 0 && r.Floor <= 0 {
				t.Errorf("%s: %+v", g.Name, r)
			}
		}
	}
}

// count is the one whose name begins so.
func count(t *testing.T, p report.Place, name string) float64 {
	t.Helper()
	for _, g := range p.Groups {
		for _, c := range g.Counts {
			if strings.HasPrefix(c.Name, name) {
				return c.Value
			}
		}
	}
	t.Errorf("nothing is called %q", name)
	return 0
}
