package confine_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/internal/sandbox"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/confine"
)

// attempt names what the process that is confined is to try, and inner the
// directory that it may write.
const (
	attempt = "HAWSER_TEST_ATTEMPT"
	inner   = "HAWSER_TEST_INNER"
)

func TestMain(m *testing.M) {
	name := os.Getenv(attempt)
	if name == "" {
		os.Exit(m.Run())
	}
	dir := os.Getenv(inner)
	err := confine.Enter(slog.New(slog.DiscardHandler), confine.Config{SocketDir: dir, JournalDir: dir, Require: true})
	if err != nil {
		fmt.Println("sandbox:", err)
		os.Exit(1)
	}
	if err := attempts[name].try(dir); err != nil {
		fmt.Println("refused:", err)
		os.Exit(0)
	}
	fmt.Println("done")
	os.Exit(0)
}

// TestConfined makes each attempt in a process of its own.
func TestConfined(t *testing.T) {
	if !sandbox.Supported() {
		testns.Lacking(t, "the kernel has no Landlock that covers files (Linux 6.2)")
	}
	for name, a := range attempts {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.Mkdir(filepath.Join(dir, "in"), 0o700), os.WriteFile(filepath.Join(dir, "outside"), []byte("x"), 0o600)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", attempt+"="+name, inner+"="+filepath.Join(dir, "in"))
			out, err := cmd.CombinedOutput()
			if got := fmt.Sprintf("%s%v", out, err); !strings.Contains(got, a.want) {
				t.Errorf("got %q, want %q", got, a.want)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "outside")); string(b) != "x" {
				t.Errorf("the file outside is now %q, %v", b, err)
			}
		})
	}
}
