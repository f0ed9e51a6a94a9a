package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hawser-dra/hawser/test/bench/report"
)

// measure measures in all places that are asked for, and writes the report. Of a
// place that fails there is in it what there was until then.
func measure(ctx context.Context, o options) (err error) {
	b, err := build(ctx, o.version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	r := report.Report{Began: time.Now().UTC().Truncate(time.Second), Version: o.version}
	for _, place := range []struct {
		name    string
		measure func(context.Context, built, options) (report.Place, error)
	}{{onMachine, measureMachine}, {onNode, measureNode}} {
		if !slices.Contains(o.on, place.name) {
			continue
		}
		p, err := place.measure(ctx, b, o)
		r.Places = append(r.Places, p)
		if err != nil {
			fmt.Print(r.Text())
			return errors.Join(fmt.Errorf("on the %s: %w", place.name, err), write(o.out, r))
		}
	}
	fmt.Print(r.Text())
	return write(o.out, r)
}

// write writes the report in all its forms.
func write(dir string, r report.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "bench.json"))
	if err != nil {
		return err
	}
	return errors.Join(r.WriteJSON(f), f.Close(),
		os.WriteFile(filepath.Join(dir, "bench.md"), []byte(r.Markdown()), 0o644),
		os.WriteFile(filepath.Join(dir, "bench.svg"), r.SVG(), 0o644))
}
