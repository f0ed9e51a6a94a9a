package toolchain

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// CacheVariable names the cache's directory in the environment.
const CacheVariable = "HAWSER_CACHE"

// entryAge is how long an entry of the cache is kept after its last use, so
// that the disks of last month's checkouts do not fill this one's.
const entryAge = 30 * 24 * time.Hour

// Toolchain makes things and keeps them. It is safe for concurrent use.
type Toolchain struct {
	dir string
	log *log
}

// New opens the cache and creates it if need be. An empty dir stands for
// $HAWSER_CACHE or the user's cache directory. Progress goes to out.
func New(dir string, out io.Writer) (*Toolchain, error) {
	if dir == "" {
		dir = os.Getenv(CacheVariable)
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find a cache directory (or set %s): %w", CacheVariable, err)
		}
		dir = filepath.Join(base, "hawser")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cache directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the cache: %w", err)
	}
	return &Toolchain{dir: dir, log: &log{out: out}}, nil
}

// Logf writes one line of progress.
func (t *Toolchain) Logf(format string, args ...any) {
	t.log.printf(format, args...)
}

// Source is the directory of this module's source, found from the working
// directory: the go command sets it to a folder of the module for both
// "go run -C test" and "go test".
func Source(ctx context.Context) (string, error) {
	const module = "github.com/hawser-dra/hawser/test"
	out, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return "", fmt.Errorf("find the source of %s from the working directory: %w", module, err)
	}
	return strings.TrimSpace(out), nil
}

// output runs c and returns what it prints; its error carries standard error.
func output(c *exec.Cmd) (string, error) {
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, tail(stderr.String()))
	}
	return stdout.String(), nil
}

// quiet runs c and shows nothing of it unless it fails.
func quiet(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, tail(string(out)))
	}
	return nil
}

// tail keeps the last lines of a program's output, where the reason stands.
func tail(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
