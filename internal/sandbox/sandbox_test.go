package sandbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/internal/sandbox"
)

// TestMissing: what a kernel lacks is told, or is an error where it is required;
// what fails otherwise is an error always, and nothing is taken after it.
func TestMissing(t *testing.T) {
	missing := fmt.Errorf("%w: Landlock", sandbox.ErrMissing)
	for name, c := range map[string]struct {
		cause   error
		require bool
		fails   bool
		log     string
	}{
		"all there":            {nil, true, false, `by="[first second]"`},
		"missing":              {missing, false, false, `lacks=first`},
		"missing and required": {missing, true, true, ""},
		"failed":               {errors.New("no such directory"), false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			second := false
			err := sandbox.Enter(slog.New(slog.NewTextHandler(&log, nil)), c.require,
				sandbox.Step{Name: "first", Take: func() error { return c.cause }},
				sandbox.Step{Name: "second", Take: func() error { second = true; return nil }})
			if (err != nil) != c.fails || second == c.fails || !errors.Is(err, c.cause) && c.fails {
				t.Errorf("error %v, second taken: %t", err, second)
			}
			if !strings.Contains(log.String(), c.log) {
				t.Errorf("the log lacks %q: %s", c.log, &log)
			}
		})
	}
}

// TestDirectoryIsMissing: a process that could not write where it must does not
// begin. Nothing is taken from this one: the error comes before.
func TestDirectoryIsMissing(t *testing.T) {
	if !sandbox.Supported() {
		t.Skip("the kernel has no Landlock that covers files (Linux 6.2)")
	}
	dir := filepath.Join(t.TempDir(), "none")
	err := sandbox.Landlock(sandbox.Files{Write: []string{dir}}, sandbox.Ports{}).Take()
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an error that names %s", err, dir)
	}
}
