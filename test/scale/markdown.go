package scale

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteMarkdown writes the tables of a result.
func (r *Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	r.writeDrivers(&b)
	r.writePools(&b)
	r.writeClaims(&b)
	r.writeRounds(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// row writes one of a table.
func row(b *strings.Builder, cells ...any) {
	for _, c := range cells {
		if f, ok := c.(float64); ok {
			c = number(f)
		}
		_, _ = fmt.Fprintf(b, "| %v ", c)
	}
	b.WriteString("|\n")
}

// heading of a table.
func heading(b *strings.Builder, cells ...any) {
	b.WriteString("\n")
	row(b, cells...)
	b.WriteString("|---" + strings.Repeat("|--:", len(cells)-1) + "|\n")
}

// number has as many digits as say something.
func number(f float64) string {
	if f == float64(int64(f)) || f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

func (r *Result) writeDrivers(b *strings.Builder) {
	hour := r.Steady.Seconds / 3600
	for _, p := range []struct {
		what  string
		phase Phase
		each  float64
	}{
		{fmt.Sprintf("start of a driver, mean of %d that start at once", r.Start.Nodes), r.Start, 1},
		{fmt.Sprintf("an hour in which nothing happens, from %.0f s", r.Steady.Seconds), r.Steady, hour},
		{"update of a driver", r.Update, 1},
	} {
		writeTraffic(b, p.what, p.phase.Traffic, p.each*float64(p.phase.Nodes))
	}
	_, _ = fmt.Fprintf(b, "\n%d drivers that start at once have published after %.1f s.\n", r.Start.Nodes, r.Start.Seconds)
}

// writeTraffic writes a table of a part of some traffic.
func writeTraffic(b *strings.Builder, what string, t Traffic, parts float64) {
	heading(b, what, "requests", "bytes sent", "bytes received")
	for _, call := range sorted(t.Calls) {
		n := t.Calls[call]
		row(b, call, float64(n.Requests)/parts, float64(n.Sent)/parts, float64(n.Received)/parts)
	}
	row(b, "all, on the wire", float64(t.Requests())/parts, float64(t.WireSent)/parts, float64(t.WireReceived)/parts)
}

func (r *Result) writePools(b *strings.Builder) {
	heading(b, "pool of a node", "devices", "slices", "bytes, protobuf", "bytes, JSON", "writes", "bytes sent")
	for i, p := range append([]Pool{r.Typical}, r.Dense...) {
		what := p.What
		if i == 0 {
			what += ", typical"
		}
		nodes := float64(p.Phase.Nodes)
		row(b, what, p.Devices, p.Slices, p.Protobuf, p.JSON,
			float64(p.Phase.Traffic.Writes())/nodes, float64(p.Phase.Traffic.sentToWrite())/nodes)
	}
}

func (r *Result) writeClaims(b *strings.Builder) {
	if r.Claims.Claims == 0 {
		return
	}
	writeTraffic(b, "life of a claim: prepared, in the pod, taken back", r.Claims.Life.Traffic, float64(r.Claims.Claims))
	writeTraffic(b, fmt.Sprintf("update of a driver with %.1f prepared claims", float64(r.Claims.Claims)/float64(r.Claims.Update.Nodes)),
		r.Claims.Update.Traffic, float64(r.Claims.Update.Nodes))
}

func (r *Result) writeRounds(b *strings.Builder) {
	if len(r.Rounds) == 0 {
		return
	}
	heading(b, fmt.Sprintf("%d pods on %d nodes, medians", r.Config.Pods, r.Config.Nodes-r.Config.Dense), withoutClaims, withClaims, withTemplates)
	var by [][]Round
	for _, way := range ways {
		by = append(by, filter(r.Rounds, func(r Round) bool { return r.Way == way }))
	}
	writeCosts(b, by)
	columns(b, "API requests a pod", by, func(r Round) float64 { return r.Served.sum() })
	for _, call := range r.served() {
		columns(b, call, by, func(r Round) float64 { return r.Served[call] })
	}
	heading(b, fmt.Sprintf("pods with a virtual function, on %d nodes, medians", r.Config.Dense), "of 8 functions", "of 128 functions")
	by = nil
	for _, group := range []string{fewGroup, denseGroup} {
		by = append(by, filter(r.FunctionRounds, func(r Round) bool { return r.Group == group }))
	}
	writeCosts(b, by)
}

// writeCosts compares rates and CPU time with those of the first kind of rounds.
func writeCosts(b *strings.Builder, by [][]Round) {
	first := median(by[0], Round.Rate)
	columns(b, "pods a second", by, Round.Rate)
	columns(b, "of the first", by, func(r Round) float64 { return r.Rate() / first })
	for _, program := range programs {
		columns(b, "CPU of "+program+", ms a pod", by, func(r Round) float64 { return r.CPU[program] })
	}
}

// programs of the control plane, whose CPU time is told.
var programs = []string{"kube-scheduler", "kube-apiserver", "kube-controller-manager", "etcd"}

// columns writes the row of what some rounds have of each kind.
func columns(b *strings.Builder, what any, by [][]Round, of func(Round) float64) {
	cells := []any{what}
	for _, rounds := range by {
		cells = append(cells, median(rounds, of))
	}
	row(b, cells...)
}

func filter(rounds []Round, keep func(Round) bool) (kept []Round) {
	for _, r := range rounds {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

func median(rounds []Round, of func(Round) float64) float64 {
	var values []float64
	for _, r := range rounds {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// served are the requests that any of the rounds has made.
func (r *Result) served() []Call {
	all := served{}
	for _, round := range r.Rounds {
		maps.Copy(all, round.Served)
	}
	return sorted(all)
}

// sorted by resource, then verb.
func sorted[V any](calls map[Call]V) []Call {
	return slices.SortedFunc(maps.Keys(calls), func(a, b Call) int {
		return strings.Compare(a.Resource+" "+a.Verb, b.Resource+" "+b.Verb)
	})
}
