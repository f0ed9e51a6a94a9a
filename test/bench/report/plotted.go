package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// plotted are the rows of the group that have a bar.
func (g Group) plotted() []Row {
	var rows []Row
	for _, r := range g.Rows {
		if r.Floor > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

func (r Report) longestName() int {
	var letters int
	for _, p := range r.Places {
		for _, g := range p.Groups {
			for _, row := range g.plotted() {
				letters = max(letters, utf8.RuneCountInString(row.Name))
			}
		}
	}
	return letters
}

// described is the plot for those who do not see it.
func (r Report) described() string {
	words := []string{"Medians, and what of them the floor takes."}
	for _, p := range r.Places {
		for _, g := range p.Groups {
			for _, row := range g.plotted() {
				words = append(words, p.Name+", "+g.Name+", "+row.described())
			}
		}
	}
	return strings.Join(words, "\n")
}

func (r Row) described() string {
	return fmt.Sprintf("%s: %s, ×%s of its floor %s (%s); p90 %s, p99 %s.",
		r.Name, formatTime(r.P50), formatRatio(r), formatTime(r.Floor), formatFloor(r), formatTime(r.P90), formatTime(r.P99))
}
