package docs

import (
	"strings"
	"testing"

	benchreport "github.com/hawser-dra/hawser/test/bench/report"
)

// TestPublishedBenchmark: table and plot are those of the run that is beside them.
func TestPublishedBenchmark(t *testing.T) {
	r, err := benchreport.ReadJSON(strings.NewReader(text(t, "docs/performance.json")))
	if err != nil {
		t.Fatal(err)
	}
	shown := text(t, "docs/performance.md")
	want, err := r.Embed(shown)
	if err != nil {
		t.Fatal(err)
	}
	if shown != want {
		t.Error("docs/performance.md shows another run than docs/performance.json: run make bench-publish")
	}
	if text(t, "docs/performance.svg") != string(r.SVG()) {
		t.Error("docs/performance.svg draws another run than docs/performance.json: run make bench-publish")
	}
	for _, p := range r.Places {
		for _, g := range p.Groups {
			if g.Void() {
				t.Errorf("%s, %s: the run is void, its floor drifted by %.0f %%", p.Name, g.Name, 100*g.Drift)
			}
		}
	}
}
