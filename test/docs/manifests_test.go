package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestManifests: what the documents show is what `dra-driver validate` calls
// right, beside the classes that are shipped.
func TestManifests(t *testing.T) {
	var stdin bytes.Buffer
	var all []Manifest
	for _, d := range documents(t) {
		for _, m := range d.Manifests() {
			for document := range strings.SplitSeq(m.Text, "\n---\n") {
				all = append(all, m)
				fmt.Fprintf(&stdin, "---\n%s\n", document)
			}
		}
	}
	if len(all) < 4 {
		t.Fatalf("the documents show %d manifests", len(all))
	}
	report, err := validate(&stdin, "deploy/base/resourceclass.yaml", "-")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		m := all[f.Document-1]
		t.Errorf("%s:%d: %s: %s %s\n%s", m.Path, m.Line, f.Severity, f.Field, f.Message, m.Text)
	}
}

// report is what validate prints.
type report struct {
	Objects  int
	Findings []struct {
		Severity, File, Field, Message string
		Document                       int
	}
}

// validate runs the program on the files, with stdin for "-".
func validate(stdin *bytes.Buffer, files ...string) (report, error) {
	cmd := exec.Command("go", append([]string{"run", "./cmd/dra-driver", "validate", "--output=json"}, files...)...)
	cmd.Dir = repo
	cmd.Stdin = stdin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	runErr := cmd.Run()
	var r report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		return r, fmt.Errorf("%w: %w: %s", runErr, err, stderr.String())
	}
	return r, nil
}
