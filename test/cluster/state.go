package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/test/internal/process"
	"github.com/hawser-dra/hawser/test/node"
)

// What is where in a cluster's directory.
const (
	stateFile      = "cluster.json"
	lockFile       = "lock"
	kubeconfigFile = "kubeconfig"
	pkiDir         = "pki"
	logsDir        = "logs"
	vmDir          = "node"
	shareDir       = "share" // the node's /host
)

// state is what Open needs to know. It is written after each process is started,
// so that a start that was cut short can be taken down too.
type state struct {
	Kubernetes string            `json:"kubernetes"` // the program
	Processes  []process.Process `json:"processes"`
	// Images tells what was loaded: identities by name.
	Images map[string]string `json:"images,omitempty"`
}

func readState(dir string) (state, error) {
	var s state
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", stateFile, err)
	}
	return s, nil
}

func (s state) write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	part := filepath.Join(dir, stateFile+".part")
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return fmt.Errorf("write down the cluster's state: %w", err)
	}
	return os.Rename(part, filepath.Join(dir, stateFile))
}

// claimDir makes dir ready for a new cluster, and keeps others from starting one
// there until unlock. It refuses a directory with anything else in it: Down will
// remove it.
func claimDir(dir string) (unlock func(), err error) {
	switch entries, err := os.ReadDir(dir); {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
	case err != nil:
		return nil, err
	default:
		if err := clearRemains(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("a cluster is being started in %s: %w", dir, err)
	}
	return func() { _ = f.Close() }, nil
}

// clearRemains removes what a cluster left of which nothing runs any more.
func clearRemains(dir string) error {
	all, err := processes(dir)
	if err != nil {
		return fmt.Errorf("%s is in use, and not by a cluster: %w", dir, err)
	}
	for _, p := range all {
		if p.Alive() {
			return fmt.Errorf("there is a cluster in %s already: %s runs", dir, p.Name)
		}
	}
	return os.RemoveAll(dir)
}

// processes are all that were started for the cluster in dir, whether or not
// they still run, in the order of their start but for the node's, which is last.
func processes(dir string) ([]process.Process, error) {
	s, err := readState(dir)
	if err != nil {
		return nil, err
	}
	vm, err := node.Open(filepath.Join(dir, vmDir))
	if errors.Is(err, fs.ErrNotExist) {
		return s.Processes, nil
	}
	if err != nil {
		return nil, err
	}
	return append(s.Processes, vm.Process), nil
}
