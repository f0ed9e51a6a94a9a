package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repo = "../.."

func documents(t *testing.T) []Document {
	t.Helper()
	all, err := Read(repo)
	if err != nil || len(all) < 4 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	return all
}

func document(t *testing.T, path string) Document {
	t.Helper()
	for _, d := range documents(t) {
		if d.Path == path {
			return d
		}
	}
	t.Fatalf("there is no %s", path)
	return Document{}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(repo, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var link = regexp.MustCompile(`(?:\]\(|src="|srcset=")([^)"\s]+)[)"]`)

// TestLinks: what links point at is there.
func TestLinks(t *testing.T) {
	for _, d := range documents(t) {
		for i, line := range d.Lines {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				path, anchor, _ := strings.Cut(m[1], "#")
				target := d.Path
				if path != "" {
					target = filepath.Join(filepath.Dir(d.Path), path)
				}
				if _, err := os.Stat(filepath.Join(repo, target)); err != nil {
					t.Errorf("%s:%d: %v", d.Path, i+1, err)
					continue
				}
				if anchor == "" {
					continue
				}
				if to := document(t, target); !slices.Contains(to.Anchors(), anchor) {
					t.Errorf("%s:%d: %s has no heading %q, but %q", d.Path, i+1, target, anchor, to.Anchors())
				}
			}
		}
	}
}

var (
	path  = regexp.MustCompile(`^(?:\./)?(?:api|cmd|controlplane|netagent|podlink|telemetry|internal|deploy|test|tools|kind-node|docs)/[\w./{},<>*-]*$`)
	brace = regexp.MustCompile(`\{([^}]*)\}`)
)

// TestPaths: files and directories that a text names are there. A <kind> stands for
// any.
func TestPaths(t *testing.T) {
	for _, d := range documents(t) {
		for _, s := range d.Spans() {
			if !path.MatchString(s.Text) {
				continue
			}
			for _, p := range expand(regexp.MustCompile(`<\w+>`).ReplaceAllString(s.Text, "*")) {
				if found, err := filepath.Glob(filepath.Join(repo, p)); err != nil || len(found) == 0 {
					t.Errorf("%s:%d: there is no %s", d.Path, s.Line, p)
				}
			}
		}
	}
}

// expand writes out a/{b,c} as a/b and a/c.
func expand(p string) (all []string) {
	m := brace.FindStringSubmatchIndex(p)
	if m == nil {
		return []string{p}
	}
	for part := range strings.SplitSeq(p[m[2]:m[3]], ",") {
		all = append(all, expand(p[:m[0]]+part+p[m[1]:])...)
	}
	return all
}

// TestCommands: each command is for targets of make, or some test runs it.
func TestCommands(t *testing.T) {
	makefile := makefiles(t)
	used := map[string]bool{}
	for _, d := range documents(t) {
		for _, c := range d.Commands() {
			targets, variables := c.Targets()
			proof := c.Proof()
			switch {
			case targets != nil:
				wantTargets(t, makefile, c, targets, variables)
			case strings.HasPrefix(c.Text, "go "):
				wantPackage(t, c)
			case strings.HasPrefix(c.Text, built):
				wantSuccess(t, c)
			case proof != nil:
				used[proof.Command] = true
			case !c.OnCluster():
				t.Errorf("%s:%d: no test runs %q: name the one that does in Proofs", c.Path, c.Line, c.Text)
			}
		}
	}
	for _, p := range Proofs {
		if !used[p.Command] {
			t.Errorf("no document has a command %q", p.Command)
		}
		if !strings.Contains(text(t, p.File), p.Test) {
			t.Errorf("%s has no %s, which should prove %q", p.File, p.Test, p.Command)
		}
	}
}

// makefiles are the Makefile and what it includes.
func makefiles(t *testing.T) string {
	t.Helper()
	all := text(t, "Makefile")
	included, err := filepath.Glob(filepath.Join(repo, "make/*.mk"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range included {
		all += "\n" + text(t, strings.TrimPrefix(f, repo))
	}
	return all
}

func wantTargets(t *testing.T, makefile string, c Command, targets, variables []string) {
	t.Helper()
	for _, target := range targets {
		if !strings.Contains(makefile, "\n"+target+":") {
			t.Errorf("%s:%d: the Makefile has no target %s", c.Path, c.Line, target)
		}
	}
	for _, v := range variables {
		if !regexp.MustCompile(`\$\(([a-z]+ )?` + v + `\)|\.\$\(` + v + `\)`).MatchString(makefile) {
			t.Errorf("%s:%d: the Makefile has no variable %s", c.Path, c.Line, v)
		}
	}
}

// built is how a program begins that `make binaries` makes.
const built = "bin/"

func wantSuccess(t *testing.T, c Command) {
	t.Helper()
	cmd := exec.Command("bash", "-euc", "go run ./cmd/"+strings.TrimPrefix(c.Text, built))
	cmd.Dir = repo
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s:%d: %v: %s", c.Path, c.Line, err, out)
	}
}

var (
	ofTest  = regexp.MustCompile(`^go test (-C test )?.*?(\./\S*)`)
	ofRun   = regexp.MustCompile(`^go run (-C test )?(\./\S+)(?: (\w+))?`)
	runFlag = regexp.MustCompile(`-run '?(\w+)`)
)

// wantPackage: a command of the go tool names a package that is there, and a test
// or a subcommand that is in it.
func wantPackage(t *testing.T, c Command) {
	t.Helper()
	dir, pattern := "", ""
	if m := ofTest.FindStringSubmatch(c.Text); m != nil {
		dir = filepath.Join(strings.TrimSpace(strings.TrimPrefix(m[1], "-C")), m[2])
		if name := runFlag.FindStringSubmatch(c.Text); name != nil {
			pattern = "func " + name[1]
		}
	} else if m := ofRun.FindStringSubmatch(c.Text); m != nil {
		dir = filepath.Join(strings.TrimSpace(strings.TrimPrefix(m[1], "-C")), m[2])
		if m[3] != "" {
			pattern = `"` + m[3] + `":`
		}
	}
	files, err := filepath.Glob(filepath.Join(repo, strings.ReplaceAll(dir, "...", "*"), "*.go"))
	if err != nil || dir == "" || len(files) == 0 {
		t.Errorf("%s:%d: there is no package in %q: %s", c.Path, c.Line, dir, c.Text)
	}
	if !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(text(t, strings.TrimPrefix(f, repo)), pattern) }) {
		t.Errorf("%s:%d: %s has no %s", c.Path, c.Line, dir, pattern)
	}
}

// TestBlocks: a block says what it is, so that nothing to run is taken for a
// picture. Those that say nothing are what a program prints.
func TestBlocks(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.Blocks {
			if !slices.Contains([]string{"", "sh", "yaml", "go"}, b.Language) {
				t.Errorf("%s:%d: the language of a block is %q", d.Path, b.Line, b.Language)
			}
			first, _, _ := strings.Cut(strings.TrimSpace(b.Text), " ")
			if b.Language == "" && slices.Contains(programs, first) {
				t.Errorf("%s:%d: a block of commands does not say sh", d.Path, b.Line)
			}
		}
	}
}
