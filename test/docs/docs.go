// Package docs reads the repository's Markdown, so that what it tells people to
// do is done by tests: links and paths that it names are there, manifests that it
// shows are valid, commands that it shows are run.
//
// A command belongs to a `make` target, or is run by e2e on the cluster or on its
// node, or is run by another test, which [Proofs] names. A command of which none
// of that is true fails the tests of this package.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Document is one file.
type Document struct {
	// Path is relative to the repository.
	Path string
	// Blocks are fenced; Lines are the rest, numbered as in the file, with a fence
	// as an empty line.
	Blocks []Block
	Lines  []string
}

// Block is fenced text.
type Block struct {
	Language string // as the fence says it, or empty
	Line     int
	Text     string
}

// Read reads all documents of a repository, but those of others.
func Read(repo string) ([]Document, error) {
	var all []Document
	for _, pattern := range []string{"*.md", "docs/*.md", "test/*.md", "deploy/*.md", "kind-node/*.md"} {
		paths, err := filepath.Glob(filepath.Join(repo, pattern))
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(repo, p)
			if err != nil {
				return nil, err
			}
			all = append(all, parse(name, string(text)))
		}
	}
	return all, nil
}

const fence = "```"

func parse(path, text string) Document {
	d := Document{Path: path}
	var block *Block
	for i, line := range strings.Split(text, "\n") {
		language, fenced := strings.CutPrefix(strings.TrimSpace(line), fence)
		switch {
		case fenced && block == nil:
			block = &Block{Language: language, Line: i + 2}
		case fenced:
			d.Blocks = append(d.Blocks, *block)
			block = nil
		case block != nil:
			block.Text += line + "\n"
		}
		if fenced || block != nil {
			line = ""
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

var heading = regexp.MustCompile(`^#+ (.*)`)

// Anchors are what links can point at, as GitHub makes them of headings.
func (d *Document) Anchors() (all []string) {
	for _, line := range d.Lines {
		if m := heading.FindStringSubmatch(line); m != nil {
			name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
			all = append(all, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return all
}

// Span is text between back-quotes, outside of blocks.
type Span struct {
	Line int
	Text string
	// After is the rest of its table cell or line.
	After string
}

var span = regexp.MustCompile("`([^`]+)`")

// Spans returns the document's. A bar that is quoted for a table is one.
func (d *Document) Spans() (all []Span) {
	for i, line := range d.Lines {
		for _, cell := range Cells(line) {
			for _, m := range span.FindAllStringSubmatchIndex(cell, -1) {
				all = append(all, Span{Line: i + 1, Text: cell[m[2]:m[3]], After: cell[m[1]:]})
			}
		}
	}
	return all
}

// Cells divides a line of a table; another line is one cell.
func Cells(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return []string{line}
	}
	const bar = "\x00"
	cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "| "), `\|`, bar), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], bar, "|"))
	}
	return cells
}

// Section returns the lines below a heading, to the next one of its level or above.
func (d *Document) Section(title string) []string {
	level := 0
	start := -1
	for i, line := range d.Lines {
		m := heading.FindStringSubmatch(line)
		switch {
		case m == nil:
		case start >= 0 && strings.Index(line, " ") <= level:
			return d.Lines[start:i]
		case m[1] == title:
			level, start = strings.Index(line, " "), i+1
		}
	}
	if start < 0 {
		return nil
	}
	return slices.Clone(d.Lines[start:])
}
