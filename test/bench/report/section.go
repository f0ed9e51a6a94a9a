package report

import "fmt"

// section is a part of a report that has no form yet: what Markdown and text
// both write.
type section struct {
	level  int // of the title, from 1
	title  string
	says   []sentence
	tables []table
}

type sentence struct {
	text   string
	strong string // follows the text, and is not to be overlooked
}

type table struct {
	head []column
	rows [][]string
}

type column struct {
	name   string
	number bool
}

func (r Report) sections() []section {
	all := []section{{level: 1, title: r.headline()}}
	for _, p := range r.Places {
		all = append(all, p.section())
		for _, g := range p.Groups {
			all = append(all, g.section())
		}
	}
	return all
}

func (r Report) headline() string {
	return fmt.Sprintf("Hawser %s, %s", r.Version, r.Began.UTC().Format("2006-01-02 15:04 UTC"))
}

func (p Place) section() section {
	s := section{level: 2, title: p.Name, says: []sentence{{text: p.machine()}}}
	if len(p.Goals) > 0 {
		s.tables = append(s.tables, goalTable(p.Goals))
	}
	return s
}

func (p Place) machine() string {
	return fmt.Sprintf("Kernel %s, %d × %s.", p.Kernel, p.CPUs, p.CPU)
}

func (g Group) section() section {
	s := section{level: 3, title: g.Name, says: []sentence{{text: g.What}}}
	if len(g.Rows) > 0 {
		s.says = append(s.says, g.drift())
		s.tables = append(s.tables, rowTable(g.Rows))
	}
	if len(g.Counts) > 0 {
		s.tables = append(s.tables, countTable(g.Counts))
	}
	return s
}

func (g Group) drift() sentence {
	text := fmt.Sprintf("In %d rounds the floor drifted by %s", g.Rounds, formatShare(g.Drift))
	if g.Void() {
		return sentence{text + ", more than " + formatShare(MaxDrift) + ":", "void"}
	}
	return sentence{text: text + "."}
}

func goalTable(goals []Goal) table {
	t := table{head: []column{{"goal", false}, {"value", true}, {"limit", true}, {"met", false}}}
	for _, g := range goals {
		bound, met := "≤ ", "✗"
		if g.AtLeast {
			bound = "≥ "
		}
		if g.Met() {
			met = "✓"
		}
		t.rows = append(t.rows, []string{
			g.Name, formatNumber(g.Value) + " " + g.Unit, bound + formatNumber(g.Limit) + " " + g.Unit, met,
		})
	}
	return t
}

func rowTable(rows []Row) table {
	t := table{head: []column{
		{"name", false}, {"p50", true}, {"p90", true}, {"p99", true}, {"× floor", true}, {"floor is", false},
	}}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			r.Name, formatTime(r.P50), formatTime(r.P90), formatTime(r.P99), formatRatio(r), formatFloor(r),
		})
	}
	return t
}

func countTable(counts []Count) table {
	t := table{head: []column{{"name", false}, {"value", true}, {"unit", false}}}
	for _, c := range counts {
		t.rows = append(t.rows, []string{c.Name, formatNumber(c.Value), c.Unit})
	}
	return t
}
