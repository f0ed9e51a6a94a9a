package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/hawser-dra/hawser/test/internal/process"
)

// Down ends all of the cluster and removes its directory.
func (c *Cluster) Down(ctx context.Context) error {
	return Down(ctx, c.dir)
}

// Down ends the cluster in dir and removes dir. It takes down what a start left
// that failed or was cut short, too. It is no error if there is nothing.
func Down(ctx context.Context, dir string) error {
	running, err := processes(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stop the cluster in %s: %w", dir, err)
	}
	if err := kill(ctx, running); err != nil {
		return fmt.Errorf("stop the cluster in %s: %w", dir, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove the cluster's directory: %w", err)
	}
	return nil
}

// kill ends processes and waits until they are gone, the latest first: the node
// goes before what it talks to.
func kill(ctx context.Context, running []process.Process) error {
	var errs []error
	for _, p := range slices.Backward(running) {
		errs = append(errs, p.Kill(ctx))
	}
	return errors.Join(errs...)
}
