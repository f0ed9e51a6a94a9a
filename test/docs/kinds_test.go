package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// a kind like any other: everything that one needs, and nothing that is special.
const plainKind = "dummy"

// ofKind is how code names it where it is not only talked of.
var ofKind = regexp.MustCompile(`KindDummy|_Dummy\b|GetDummy\(|Dummy\{|func dummy`)

// TestFilesOfAKind: the files that CONTRIBUTING lists for a new kind are those that
// a kind is in.
func TestFilesOfAKind(t *testing.T) {
	contributing := document(t, "CONTRIBUTING.md")
	var listed []string
	for _, line := range contributing.Section("Adding a kind") {
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			if strings.HasPrefix(line, "|") && path.MatchString(m[1]) {
				listed = append(listed, strings.ReplaceAll(m[1], "<kind>", plainKind))
			}
		}
	}
	for _, file := range listed {
		if _, err := os.Stat(filepath.Join(repo, file)); err != nil {
			t.Error(err)
		}
	}
	err := filepath.WalkDir(repo, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".pb.go") {
			return err
		}
		file, err := filepath.Rel(repo, path)
		if err != nil {
			return err
		}
		if ofKind.MatchString(text(t, file)) && !slices.Contains(listed, file) {
			t.Errorf("CONTRIBUTING.md does not list %s, which %s is in", file, plainKind)
		}
		return nil
	})
	if err != nil || len(listed) < 15 {
		t.Errorf("%d files are listed; %v", len(listed), err)
	}
}
