package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Packages installs those of the named Debian packages that are missing.
func (t *Toolchain) Packages(ctx context.Context, names ...string) error {
	missing, err := missingPackages(ctx, names)
	if err != nil || len(missing) == 0 {
		return err
	}
	return t.install(ctx, missing)
}

// missingPackages asks dpkg. Its exit code 1 only says that it does not know
// some of the names.
func missingPackages(ctx context.Context, names []string) ([]string, error) {
	args := append([]string{"--show", "--showformat=${Package} ${db:Status-Status}\n"}, names...)
	out, err := output(exec.CommandContext(ctx, "dpkg-query", args...))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("look for Debian packages (on another system, install by hand what provides %s): %w",
			strings.Join(names, " "), err)
	}
	installed := map[string]bool{}
	for line := range strings.Lines(out) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), " installed"); ok {
			installed[name] = true
		}
	}
	var missing []string
	for _, n := range names {
		if !installed[n] {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

// install runs apt-get for packages that the machine lacks. More arguments may
// stand before the names, such as "-t", "bookworm-backports".
func (t *Toolchain) install(ctx context.Context, args []string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("packages are missing; as root, run: apt-get install --no-install-recommends %s", strings.Join(args, " "))
	}
	return t.Step("installing "+strings.Join(args, " "), func() error {
		if err := t.refresh(ctx); err != nil {
			return err
		}
		return t.change(ctx, append([]string{"install", "-y", "-q", "--no-install-recommends"}, args...)...)
	})
}

// refresh fetches the lists of what there is.
func (t *Toolchain) refresh(ctx context.Context) error {
	return t.change(ctx, "update", "-q")
}

// change runs an apt-get that writes to the system, one at a time.
func (t *Toolchain) change(ctx context.Context, args ...string) error {
	unlock, err := t.lock(ctx, filepath.Join(t.dir, "apt.lock"), "Debian packages")
	if err != nil {
		return err
	}
	defer unlock()
	return quiet(apt(ctx, args...))
}

func apt(ctx context.Context, args ...string) *exec.Cmd {
	// Another apt may be at work, an unattended upgrade for one: wait for it.
	c := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	return c
}
