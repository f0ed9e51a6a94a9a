package measure

import (
	"context"
	"fmt"
	"slices"
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
	return Turns(ctx, rounds, steps)
}

// Turns is Rounds for steps that are to be compared with others: each round begins
// with the next part of them, so that it is no difference who comes first, or
// after whom.
func Turns(ctx context.Context, rounds int, parts ...[]Step) (map[string]Samples, error) {
	all := map[string]Samples{}
	for i := -max(1, rounds/warmup); i < rounds; i++ {
		first := max(0, i) % len(parts)
		for _, s := range slices.Concat(slices.Concat(parts[first:], parts[:first])...) {
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
