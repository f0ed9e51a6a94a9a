package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Text writes the report for a terminal.
func (r Report) Text() string {
	var parts []string
	for _, s := range r.sections() {
		parts = append(parts, s.text())
	}
	return strings.Join(parts, "\n")
}

// underlines of titles, by their level.
const underlines = "=-~"

func (s section) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.title)
	fmt.Fprintln(&b, strings.Repeat(underlines[s.level-1:s.level], utf8.RuneCountInString(s.title)))
	for _, x := range s.says {
		fmt.Fprintln(&b, strings.TrimRight(x.text+" "+strings.ToUpper(x.strong), " "))
	}
	for _, t := range s.tables {
		fmt.Fprint(&b, "\n", t.text())
	}
	return b.String()
}

func (t table) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	var names []string
	for _, c := range t.head {
		names = append(names, c.name)
	}
	for _, row := range append([][]string{names}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // into memory
	return b.String()
}
