package docs

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	treeSection = "7. The tree"
	// top stands for the repository itself.
	top = "."
)

var (
	directory  = regexp.MustCompile(`^([\w-]+)/\s+(.*)`)
	aside      = regexp.MustCompile(`\([^)]*\)`)
	introduced = regexp.MustCompile(`^[a-z ]+: `)
)

// TestTree compares the tree that the design shows with the one that is there:
// every directory of the first two levels is named, all files of the first, and
// what is named exists.
func TestTree(t *testing.T) {
	shown := tree(t)
	for _, name := range entries(t, top) {
		if !slices.Contains(shown[top], name) && shown[name] == nil {
			t.Errorf("the tree does not show %s", name)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(shown)) {
		for _, name := range shown[dir] {
			if _, err := os.Stat(filepath.Join(repo, dir, name)); err != nil {
				t.Errorf("the tree shows %s in %s: %v", name, dir, err)
			}
		}
		for _, name := range entries(t, dir) {
			info, err := os.Stat(filepath.Join(repo, dir, name))
			if err != nil || dir == top || !info.IsDir() {
				continue
			}
			if !slices.ContainsFunc(shown[dir], func(s string) bool { return s == name || strings.HasPrefix(s, name+"/") }) {
				t.Errorf("the tree does not show %s/%s", dir, name)
			}
		}
	}
}

// tree reads the section: names by directory, separated by dots in the middle,
// with remarks in parentheses.
func tree(t *testing.T) map[string][]string {
	t.Helper()
	d := document(t, "design.md")
	section := slices.IndexFunc(d.Lines, func(l string) bool { return strings.HasSuffix(l, treeSection) }) + 1
	next := slices.IndexFunc(d.Blocks, func(b Block) bool { return b.Line > section })
	if section == 0 || next < 0 {
		t.Fatalf("the design has no section %q", treeSection)
	}
	shown := map[string][]string{}
	dir := top
	for line := range strings.Lines(d.Blocks[next].Text) {
		if m := directory.FindStringSubmatch(line); m != nil {
			dir, line = m[1], m[2]
		} else if strings.Contains(line, "Makefile") {
			dir = top
		}
		for item := range strings.SplitSeq(aside.ReplaceAllString(line, ""), "·") {
			item = introduced.ReplaceAllString(strings.TrimSpace(item), "")
			if words := strings.FieldsFunc(item, func(r rune) bool { return r == ' ' || r == ':' }); len(words) > 0 {
				shown[dir] = append(shown[dir], expand(strings.TrimSuffix(words[0], ","))...)
			}
		}
	}
	return shown
}

// entries are what people have made: nothing hidden, nothing built.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Join(repo, dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if n := e.Name(); !strings.HasPrefix(n, ".") && n != "bin" && n != "testdata" && !strings.HasSuffix(n, ".test") {
			names = append(names, n)
		}
	}
	return names
}
