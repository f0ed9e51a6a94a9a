// Package depstest holds a program to its list of dependencies. The lists are
// part of the design: what a process cannot import, it cannot do.
package depstest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Module of this project.
const Module = "github.com/hawser-dra/hawser"

// Forbidden maps an import path, or a prefix that ends in "/...", to the reason
// why nothing may bring it in.
type Forbidden map[string]string

// Check fails the test for each package that pattern depends on and forbidden
// names, however far down.
func Check(t *testing.T, pattern string, forbidden Forbidden) {
	t.Helper()
	for _, dep := range list(t, "-deps", "-f", "{{.ImportPath}}", pattern) {
		if rule, reason := forbidden.match(dep); rule != "" {
			t.Errorf("%s depends on %s: %s", pattern, dep, reason)
		}
	}
}

// CheckDirect fails the test for each import of a package of this module that
// pattern depends on. Packages elsewhere may import what they like.
func CheckDirect(t *testing.T, pattern string, forbidden Forbidden) {
	t.Helper()
	for _, line := range list(t, "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, pattern) {
		from, imports, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(from, Module+"/") {
			continue
		}
		for _, dep := range strings.Fields(imports) {
			if rule, reason := forbidden.match(dep); rule != "" {
				t.Errorf("%s imports %s: %s", from, dep, reason)
			}
		}
	}
}

// CheckOnly fails the test for each package that pattern depends on and that is
// neither of the standard library nor allowed.
func CheckOnly(t *testing.T, pattern string, allowed ...string) {
	t.Helper()
	for _, dep := range list(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pattern) {
		if !slices.ContainsFunc(allowed, func(rule string) bool { return matches(rule, dep) }) {
			t.Errorf("%s depends on %s, which is not on its list", pattern, dep)
		}
	}
}

func (f Forbidden) match(dep string) (rule, reason string) {
	for rule, reason := range f {
		if matches(rule, dep) {
			return rule, reason
		}
	}
	return "", ""
}

func matches(rule, dep string) bool {
	prefix, tree := strings.CutSuffix(rule, "/...")
	return dep == prefix || tree && strings.HasPrefix(dep, prefix+"/")
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the images are built
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 2 {
		t.Fatalf("go list %v names %d packages", args, len(lines))
	}
	return lines
}
