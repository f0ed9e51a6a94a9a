// Package sandbox takes from a process what it does not need, so that whoever
// takes the process over does not have it either. Nothing that is taken comes
// back, also not to the programs that the process might start.
//
// The container's runtime sets bounds from outside; these are narrower, are set
// by the program that knows what it uses, and hold however it was started.
package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
)

// ErrMissing is a feature that this machine's kernel does not have.
var ErrMissing = errors.New("missing in this kernel")

// Step takes one thing from the process.
type Step struct {
	Name string
	Take func() error
}

// Enter takes the steps in order. What the kernel lacks is a line of the log, or
// an error if it is required; what fails for another reason is always one, and
// the process, which may have lost only a part, should end.
func Enter(log *slog.Logger, require bool, steps ...Step) error {
	var taken []string
	for _, s := range steps {
		err := s.Take()
		switch {
		case err == nil:
			taken = append(taken, s.Name)
		case errors.Is(err, ErrMissing) && !require:
			log.Warn("sandbox is incomplete: the process keeps more than it needs", "lacks", s.Name, "cause", err)
		default:
			return fmt.Errorf("sandbox: %s: %w", s.Name, err)
		}
	}
	log.Info("in the sandbox", "by", taken)
	return nil
}
