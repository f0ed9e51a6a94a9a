package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// example has a bit of everything: a void group, a clipped whisker, a row below
// its floor, counts alone, and names that need escapes.
func example() Report {
	const us, ms = time.Microsecond, time.Millisecond
	return Report{
		Began: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC), Version: "v1.2.3",
		Places: []Place{{
			Name: "machine", Kernel: "6.12.9", CPU: "Example CPU <8> @ 3 GHz", CPUs: 8,
			Goals: []Goal{
				{Name: "attach macvlan", Value: 1.9042, Limit: 2, Unit: "×"},
				{Name: "claims", Value: 41.37, Limit: 50, AtLeast: true, Unit: "claims/s"},
			},
			Groups: []Group{
				{
					Name: "prepare", What: "A claim, from the call to the answer.", Rounds: 200, Drift: 0.0312,
					Rows: []Row{
						{Name: "kernel: macvlan", Samples: 200, P50: 312 * us, P90: 402 * us, P99: 655 * us},
						{Name: "write | sync", Samples: 200, P50: 999600, P90: 1203 * us, P99: 2 * ms},
						{Name: "attach macvlan", Samples: 200, P50: 594 * us, P90: 712 * us, P99: 1188 * us, Floor: 312 * us, FloorOf: []string{"kernel: macvlan"}},
						{Name: "prepare a claim & write it", Samples: 200, P50: 1940 * us, P90: 2310 * us, P99: 48200 * us, Floor: 1311600, FloorOf: []string{"kernel: macvlan", "write | sync"}},
						{Name: "again", Samples: 200, P50: 290 * us, P90: 330 * us, P99: 420 * us, Floor: 312 * us, FloorOf: []string{"kernel: macvlan"}},
					},
					Counts: []Count{{"writes of a claim", 2, "writes"}, {"memory of netagent", 11.46, "MiB"}},
				},
				{
					Name: "growth", What: "The same with many claims before it.", Rounds: 200, Drift: 0.314,
					Rows: []Row{
						{Name: "empty", Samples: 50, P50: 12 * ms, P90: 14 * ms, P99: 19 * ms},
						{Name: "with 1000 claims", Samples: 50, P50: 15300 * us, P90: 18 * ms, P99: 22 * ms, Floor: 12 * ms, FloorOf: []string{"empty"}},
					},
				},
			},
		}, {
			Name: "node", Kernel: "6.12.9", CPU: "Example CPU <8> @ 3 GHz", CPUs: 8,
			Groups: []Group{
				{
					Name: "pod", What: "A pod, until it is ready.", Drift: 0.08,
					Rows: []Row{
						{Name: "without a claim", Samples: 20, P50: 1204 * ms, P90: 1402 * ms, P99: 1999 * ms},
						{Name: "with a claim", Samples: 20, P50: 1310 * ms, P90: 1511 * ms, P99: 2104 * ms, Floor: 1204 * ms, FloorOf: []string{"without a claim"}},
					},
				},
				{Name: "burst", What: "All at once.", Counts: []Count{{"rate", 41.37, "claims/s"}}},
			},
		}},
	}
}

func TestGolden(t *testing.T) {
	r := example()
	for name, got := range map[string][]byte{
		"report.md":  []byte(r.Markdown()),
		"report.txt": []byte(r.Text()),
		"report.svg": r.SVG(),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs (go test -update writes it):\n%s", path, got)
		}
	}
}

// TestSVG: the plot is well-formed, of an empty report too.
func TestSVG(t *testing.T) {
	for name, r := range map[string]Report{"example": example(), "empty": {}} {
		d := xml.NewDecoder(bytes.NewReader(r.SVG()))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := example().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(&b)
	if err != nil || !reflect.DeepEqual(got, example()) {
		t.Errorf("read %+v, %v", got, err)
	}
	for _, bad := range []string{"", "[]", `{"rounds": 1.5}`, `{"laps": 3}`} {
		if _, err := ReadJSON(strings.NewReader(bad)); err == nil {
			t.Errorf("read %q", bad)
		}
	}
}

func TestMet(t *testing.T) {
	for _, c := range []struct {
		goal Goal
		want bool
	}{
		{Goal{Value: 1.9, Limit: 2}, true},
		{Goal{Value: 2, Limit: 2}, true},
		{Goal{Value: 2.1, Limit: 2}, false},
		{Goal{Value: 49, Limit: 50, AtLeast: true}, false},
		{Goal{Value: 50, Limit: 50, AtLeast: true}, true},
		{Goal{Value: 51, Limit: 50, AtLeast: true}, true},
	} {
		if got := c.goal.Met(); got != c.want {
			t.Errorf("%+v: %v", c.goal, got)
		}
	}
}

func TestVoid(t *testing.T) {
	for drift, want := range map[float64]bool{0: false, MaxDrift: false, MaxDrift + 0.01: true, 3: true} {
		if got := (Group{Drift: drift}).Void(); got != want {
			t.Errorf("%v: %v", drift, got)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want float64
	}{
		{Row{P50: 300}, 0},
		{Row{P50: 300, Floor: 200}, 1.5},
		{Row{P50: 100, Floor: 200}, 0.5},
		{Row{Floor: 200}, 0},
	} {
		if got := c.row.Ratio(); got != c.want {
			t.Errorf("%+v: %v", c.row, got)
		}
	}
}

func TestFormatTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.000 µs", 512: "0.512 µs", 1234: "1.23 µs", 9994: "9.99 µs", 9996: "10.0 µs", 99960: "100 µs",
		999400: "999 µs", 999600: "1.00 ms", 12345678: "12.3 ms", 999600000: "1.00 s", 61 * time.Second: "61.0 s",
	} {
		if got := formatTime(d); got != want {
			t.Errorf("%d ns: %s, not %s", d, got, want)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 2: "2", 123456: "123456", 1.9042: "1.90", 1234.5: "1234", -11.46: "-11.5"} {
		if got := formatNumber(v); got != want {
			t.Errorf("%v: %s, not %s", v, got, want)
		}
	}
}

func TestScale(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		row  Row
		want scale
	}{
		{Row{}, scale{1, 1}},
		{Row{P50: 10 * ms, P99: 14 * ms}, scale{15 * ms, 5 * ms}},
		{Row{P50: 10 * ms, P99: 900 * ms}, scale{30 * ms, 10 * ms}},
		{Row{P50: 100 * ms, P99: 100 * ms}, scale{100 * ms, 50 * ms}},
	} {
		if got := scaleOf([]Row{c.row}); got != c.want {
			t.Errorf("%+v: %+v", c.row, got)
		}
	}
}
