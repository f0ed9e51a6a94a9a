package docs

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const troubleshooting = "When something is wrong"

// names are what the table has between back-quotes beside texts: of Kubernetes, and
// of devices.
var names = []string{"Pending", "vf-…", "nic-…"}

// foreign are the texts that come from elsewhere, by the file of the test that has
// seen them there.
var foreign = map[string]string{
	"cannot allocate all claims": "test/e2e/slots_test.go",
	"Bad system call":            "netagent/confine/attempts_test.go",
}

// TestErrorTexts: each symptom is in the words that the code has for it, and has a
// cause and something to do.
func TestErrorTexts(t *testing.T) {
	readme := document(t, "README.md")
	said := texts(t)
	symptoms := 0
	for _, line := range readme.Section(troubleshooting) {
		cells := Cells(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || cells[0] == "symptom" {
			continue
		}
		if len(cells) != 3 || slices.Contains(cells, "") {
			t.Errorf("%d cells, want symptom, cause and command: %s", len(cells), line)
			continue
		}
		for _, m := range span.FindAllStringSubmatch(cells[0], -1) {
			if slices.Contains(names, m[1]) {
				continue
			}
			symptoms++
			file, other := foreign[m[1]]
			switch {
			case m[1] == `unknown field "…"`:
				wantUnknownField(t)
			case other && !strings.Contains(strings.ToLower(text(t, file)), strings.ToLower(m[1])):
				t.Errorf("%s does not show %q", file, m[1])
			case !other && !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, strings.Trim(m[1], "… ")) }):
				t.Errorf("nothing says %q", m[1])
			}
		}
	}
	if symptoms < 15 {
		t.Errorf("the table has %d texts", symptoms)
	}
}

// wantUnknownField: a library's words, which are there to be had.
func wantUnknownField(t *testing.T) {
	t.Helper()
	r, err := validate(bytes.NewBufferString(complete("type: netdev\nnetdev: {kind: dummy, color: red}\n", "x")), "-")
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Message != `unknown field "netdev.color"` {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestExample: the README shows what is really said of a misspelt mode.
func TestExample(t *testing.T) {
	r, err := validate(bytes.NewBufferString(complete("type: netdev\nnetdev: {kind: macvlan, parent: eth0, mode: brigde}\n", "x")), "-")
	if err != nil || len(r.Findings) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := strings.Count(text(t, "README.md"), "mode: error: "+r.Findings[0].Message) + strings.Count(text(t, "README.md"), "mode: "+r.Findings[0].Message); n != 2 {
		t.Errorf("%q is in the README %d times, want in the sections on claims and on validate", r.Findings[0].Message, n)
	}
}

var (
	quoted = regexp.MustCompile(`%(\.\d+)?q`)
	verb   = regexp.MustCompile(`%[-+#0-9.]*[a-z]`)
)

// texts are all strings in the code of the product, with … where something is put
// in.
func texts(t *testing.T) (all []string) {
	t.Helper()
	for _, dir := range []string{"api", "cmd", "controlplane", "netagent", "podlink", "internal", "telemetry"} {
		err := filepath.WalkDir(filepath.Join(repo, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				s, isText := fold(e)
				if isText {
					all = append(all, verb.ReplaceAllString(quoted.ReplaceAllString(s, `"…"`), "…"))
				}
				return !isText
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// fold joins what a + joins; what is not a literal is …
func fold(e ast.Expr) (s string, isText bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, isLeft := fold(e.X)
		right, isRight := fold(e.Y)
		if e.Op != token.ADD || !isLeft && !isRight {
			return "", false
		}
		if !isLeft {
			left = "…"
		}
		if !isRight {
			right = "…"
		}
		return left + right, true
	}
	return "", false
}
