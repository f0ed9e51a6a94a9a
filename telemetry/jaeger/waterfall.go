package jaeger

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// barWidth is the width of a root's duration, in characters.
	barWidth = 32
	// nameWidth is room for the longest name at the depth that it has.
	nameWidth = 46
)

// Waterfall draws spans: each root with when it began after the first one, below
// it what it consists of, with bars that are to the root's scale.
func Waterfall(out io.Writer, spans []Span) error {
	w := waterfall{Writer: bufio.NewWriter(out), children: map[string][]Span{}}
	for _, s := range spans {
		w.children[s.Parent] = append(w.children[s.Parent], s)
	}
	for _, root := range w.children[""] {
		fmt.Fprintf(w, "\n+%s\n", short(root.Start.Sub(spans[0].Start)))
		w.draw(root, root, 0)
	}
	return w.Flush()
}

type waterfall struct {
	*bufio.Writer // keeps the first error for Flush
	children      map[string][]Span
}

func (w waterfall) draw(root, s Span, depth int) {
	name := strings.Repeat("  ", depth) + s.Name
	line := fmt.Sprintf("  %-*s %-9s %9s  |%s|", nameWidth, name,
		strings.TrimPrefix(s.Service, "hawser-"), short(s.Duration), bar(root, s))
	for _, detail := range []string{s.Tags["netlink.operation"], s.Tags["netlink.errno"], s.Tags["hawser.locations"], s.Tags["hawser.podlink.outcome"], s.Failure} {
		if detail != "" {
			line += " " + strings.ReplaceAll(detail, "\n", " ")
		}
	}
	fmt.Fprintln(w, line)
	for _, c := range w.children[s.ID] {
		w.draw(root, c, depth+1)
	}
}

// bar shows where in its root a span lies. What took any time shows.
func bar(root, s Span) string {
	scale := func(d time.Duration) int {
		return min(max(int(int64(d)*barWidth/max(int64(root.Duration), 1)), 0), barWidth)
	}
	from := min(scale(s.Start.Sub(root.Start)), barWidth-1)
	to := max(scale(s.Start.Add(s.Duration).Sub(root.Start)), from+1)
	return strings.Repeat(" ", from) + strings.Repeat("=", to-from) + strings.Repeat(" ", barWidth-to)
}

// short writes a duration with three digits or so.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
