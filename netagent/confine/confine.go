// Package confine is netagent's sandbox: after it, the process can do what
// netagent does and little else, whatever code runs in it.
//
//   - Landlock: the socket's directory and the journal to write; sysfs to read.
//   - Capabilities: CAP_NET_ADMIN alone, in every set.
//   - Seccomp: the system calls of [allowed]; any other ends the process.
//
// It is entered when the journal's directory is there and before any socket is.
package confine

import (
	"log/slog"
	"path/filepath"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/sandbox"
)

const sysfs = "/sys"

// numVFs matches the files by which VFs are made.
const numVFs = sysfs + "/bus/pci/devices/*/sriov_numvfs"

// Config is what netagent needs of the machine.
type Config struct {
	SocketDir  string
	JournalDir string
	Require    bool // a feature that the kernel lacks is an error
}

// Enter confines the process, all of its threads.
func Enter(log *slog.Logger, c Config) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	return sandbox.Enter(log, c.Require,
		sandbox.Landlock(files, sandbox.Ports{}),
		sandbox.Step{Name: "capabilities", Take: keepNetAdmin},
		sandbox.Step{Name: "seccomp", Take: filterCalls})
}

// files are what netagent opens. A network card that is plugged in later can be
// used, but its VFs are not netagent's to make before it starts anew.
func (c Config) files() (sandbox.Files, error) {
	physical, err := filepath.Glob(numVFs)
	if err != nil {
		return sandbox.Files{}, err
	}
	f := sandbox.Files{
		Read:      []string{sysfs, "/proc/sys/net/core/somaxconn"}, // the latter is Go's, for listen(2)
		Write:     []string{c.SocketDir, c.JournalDir},
		WriteFile: physical,
	}
	if dir := fault.Dir(); dir != "" {
		f.Write = append(f.Write, dir)
	}
	return f, nil
}
