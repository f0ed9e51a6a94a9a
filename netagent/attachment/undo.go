package attachment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// undoTime bounds what taking back may last when the call itself has no time
// left: 8 links at up to 20 ms each, and much to spare.
const undoTime = 5 * time.Second

// undo takes one change back.
type undo func(context.Context) error

// undoAll takes changes back, the last first, and goes on after an error.
func undoAll(ctx context.Context, changes []undo) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var errs []error
	for _, u := range slices.Backward(changes) {
		if err := u(ctx); err != nil {
			errs = append(errs, fmt.Errorf("take back: %w", err))
		}
	}
	return errors.Join(errs...)
}
