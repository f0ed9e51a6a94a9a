package scale

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// repo is the checkout, from here.
const repo = "../.."

// What docs/scale.md says that a driver asks for.
var (
	atStart  = map[Call]int64{{"get", "nodes"}: 1, {"watch", "resourceslices"}: 1, {"create", "resourceslices"}: 1}
	atUpdate = map[Call]int64{{"get", "nodes"}: 1, {"watch", "resourceslices"}: 1}
	ofClaim  = map[Call]int64{{"get", "resourceclaims"}: 2, {"patch", "resourceclaims/status"}: 1}
)

// withClaimsAtUpdate is what is asked for when drivers with prepared claims are
// replaced: each claim is looked at twice, as an orphan and for its status.
func withClaimsAtUpdate(c Claims) map[Call]int64 {
	want := map[Call]int64{{"get", "resourceclaims"}: 2 * int64(c.Claims)}
	for call, n := range atUpdate {
		want[call] = n * int64(c.Update.Nodes)
	}
	return want
}

// TestScale is a run with few nodes. What it counts is held to what docs/scale.md
// says, to what the API server has written down, and to what the driver asks for as
// a program.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane, which -short is not for")
	}
	c := up(t)
	cfg := Config{
		Repo: repo, Nodes: 5, Dense: 1, Pods: 20, Rounds: 1, Log: t.Output(), DriverLog: t.Output(),
		Steady: 35 * time.Second, // what is written is looked at again after 30
	}
	result, err := Run(t.Context(), c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	nodes := int64(cfg.Nodes)
	equal(t, "start", result.Start.Traffic, atStart, nodes)
	equal(t, "update", result.Update.Traffic, atUpdate, nodes)
	equal(t, "life of a claim", result.Claims.Life.Traffic, ofClaim, int64(result.Claims.Claims))
	equal(t, "update with claims", result.Claims.Update.Traffic, withClaimsAtUpdate(result.Claims), 1)
	if n := result.Steady.Traffic.Requests(); n != 0 {
		t.Errorf("%d requests while nothing happened: %v", n, result.Steady.Traffic.Calls)
	}
	if p := result.Typical; p.Devices != len(typical()) || p.Slices != 1 {
		t.Errorf("a typical node has published %d devices in %d slices", p.Devices, p.Slices)
	}
	for i, writes := range []int64{3, 1, 3, 3} {
		if p := result.Dense[i]; p.Devices != len(dense()) || p.Slices != 3 || p.Phase.Traffic.Writes() != writes {
			t.Errorf("%s: %d devices in %d slices, by %d writes", p.What, p.Devices, p.Slices, p.Phase.Traffic.Writes())
		}
	}
	var text bytes.Buffer
	if err := result.WriteMarkdown(&text); err != nil {
		t.Error(err)
	}
	t.Log(text.String())
	t.Run("audit", func(t *testing.T) { testAudit(t, c.AuditLogFile(), result) })
	t.Run("program", func(t *testing.T) { testProgram(t, c) })
}

// testAudit compares the meters with what the API server has written down.
func testAudit(t *testing.T, file string, result *Result) {
	var counted Traffic
	for _, phase := range []Phase{result.Start, result.Steady, result.Update, result.Claims.Life, result.Claims.Update} {
		counted = counted.Plus(phase.Traffic)
	}
	var names []string
	for i := range result.Config.Nodes {
		names = append(names, nodeName(i))
	}
	written := map[Call]int64{}
	for node, calls := range audited(t, file) {
		if slices.Contains(names, node) {
			for call, n := range calls {
				written[call] += n
			}
		}
	}
	equal(t, "counted", counted, written, 1)
}

// testProgram compares what the program asks for, when it is started and when it is
// replaced, with what the driver in this process does.
func testProgram(t *testing.T, c *cluster.Cluster) {
	admin, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFleet()
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	n := f.node("program", typical())
	if err := n.join(t.Context(), c.Client()); err != nil {
		t.Fatal(err)
	}
	if n.access, err = accessOf(t.Context(), c.Client(), admin, n); err != nil {
		t.Fatal(err)
	}
	program, want := build(t), map[Call]int64{}
	var last *driver
	for _, more := range []map[Call]int64{atStart, atUpdate} {
		d := n.startProgram(t, program)
		if err := d.register(t.Context()); err != nil {
			t.Fatal(err)
		}
		for call, n := range more {
			want[call] += n
		}
		wait(t, func() bool { return maps.Equal(audited(t, c.AuditLogFile())[n.Name], want) })
		if last != nil {
			_ = last.stop()
		}
		last = d
	}
	time.Sleep(settle)
	if got := audited(t, c.AuditLogFile())[n.Name]; !maps.Equal(got, want) {
		t.Errorf("requests of the program are\n%v, want\n%v", got, want)
	}
	_ = last.stop()
}

func wait(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return done(), nil }); err != nil {
		t.Fatal(err)
	}
}

func up(t *testing.T) *cluster.Cluster {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := cluster.Prepare(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Up(t.Context(), cluster.Options{
		Dir: filepath.Join(t.TempDir(), "cluster"), Parts: parts, Log: os.Stderr, NoNode: true, Attached: true, AuditLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// equal compares what was counted with what each of n should have asked for.
func equal(t *testing.T, what string, got Traffic, each map[Call]int64, n int64) {
	t.Helper()
	want := map[Call]int64{}
	for call, count := range each {
		want[call] = n * count
	}
	have := map[Call]int64{}
	for call, tally := range got.Calls {
		have[call] = tally.Requests
	}
	if !maps.Equal(have, want) {
		t.Errorf("%s: requests are\n%v, want\n%v", what, have, want)
	}
}
