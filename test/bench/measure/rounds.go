package measure

import (
	"context"
	"fmt"
	"time"
)

// Step is done once in each round.
type Step struct {
	Name string
	// Do does it and says how long that took, without what it needed before.
	Do func(ctx context.Context) (time.Duration, error)
}

// Timed is a step that is timed as a whole.
func Timed(name string, do func(ctx context.Context) error) Step {
	return Step{name, func(ctx context.Context) (time.Duration, error) { return Time(ctx, do) }}
}

// Untimed is a step without a row: what others need in between.
func Untimed(do func(ctx context.Context) error) Step {
	return Step{"", func(ctx context.Context) (time.Duration, error) { return 0, do(ctx) }}
}

// Time says how long do took.
func Time(ctx context.Context, do func(ctx context.Context) error) (time.Duration, error) {
	began := time.Now()
	err := do(ctx)
	return time.Since(began), err
}

// warmup is the share of rounds that are done before the ones that count.
const warmup = 20

// Rounds does all steps in turn, so many times, and returns the samples of those
// with a name.
func Rounds(ctx context.Context, rounds int, steps ...Step) (map[string]Samples, error) {
	all := make(map[string]Samples, len(steps))
	for i := -max(1, rounds/warmup); i < rounds; i++ {
		for _, s := range steps {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			took, err := s.Do(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", s.Name, i, err)
			}
			if i >= 0 && s.Name != "" {
				all[s.Name] = append(all[s.Name], took)
			}
		}
	}
	return all, nil
}
