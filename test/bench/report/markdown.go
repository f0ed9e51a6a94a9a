package report

import (
	"fmt"
	"strings"
)

// Markdown writes the report for people.
func (r Report) Markdown() string {
	var parts []string
	for _, s := range r.sections() {
		parts = append(parts, s.markdown()...)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// markdown returns the blocks that a blank line divides.
func (s section) markdown() []string {
	blocks := []string{strings.Repeat("#", s.level) + " " + markdownEscape.Replace(s.title)}
	if len(s.says) > 0 {
		var words []string
		for _, x := range s.says {
			words = append(words, x.markdown())
		}
		blocks = append(blocks, strings.Join(words, " "))
	}
	for _, t := range s.tables {
		blocks = append(blocks, t.markdown())
	}
	return blocks
}

func (x sentence) markdown() string {
	text := markdownEscape.Replace(x.text)
	if x.strong == "" {
		return text
	}
	return text + " **" + x.strong + "**."
}

func (t table) markdown() string {
	var names, rules []string
	for _, c := range t.head {
		names = append(names, c.name)
		if c.number {
			rules = append(rules, "--:")
		} else {
			rules = append(rules, "---")
		}
	}
	lines := []string{markdownLine(names), markdownLine(rules)}
	for _, row := range t.rows {
		lines = append(lines, markdownLine(row))
	}
	return strings.Join(lines, "\n")
}

// markdownEscape keeps a text in its cell, and from being HTML.
var markdownEscape = strings.NewReplacer("|", `\|`, "<", "&lt;", "&", "&amp;", "\n", " ")

func markdownLine(cells []string) string {
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&b, "| %s ", markdownEscape.Replace(c))
	}
	return b.String() + "|"
}
