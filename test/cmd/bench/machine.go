package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/hawser-dra/hawser/test/bench"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/toolchain"
)

type options struct {
	rounds  int
	only    *regexp.Regexp
	out     string
	version string
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 1000, "rounds of each row")
	f.StringVar(&o.out, "out", ".bench", "`directory` of the results")
	f.StringVar(&o.version, "version", "v0.1.0", "`version` that the binaries say they are")
	f.Func("only", "`pattern` of the groups to measure (default all)", func(s string) (err error) {
		o.only, err = regexp.Compile(s)
		return err
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds is %d, must be at least 1", o.rounds)
	}
	return o, nil
}

func measure(ctx context.Context, o options) error {
	r := report.Report{Began: time.Now().UTC().Truncate(time.Second), Version: o.version, Rounds: o.rounds}
	p, err := onMachine(ctx, o)
	r.Places = append(r.Places, p)
	fmt.Print(r.Text())
	if err != nil {
		return err
	}
	return write(o.out, r)
}

// onMachine measures on this machine.
func onMachine(ctx context.Context, o options) (p report.Place, err error) {
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		return p, err
	}
	if err := tools.Packages(ctx, "strace"); err != nil {
		return p, err
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		return p, err
	}
	parts, err := cluster.Prepare(ctx, tools)
	if err != nil {
		return p, err
	}
	dir, err := os.MkdirTemp("", "hawser-bench")
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	source, err := toolchain.Source(ctx)
	if err != nil {
		return p, err
	}
	if err := rig.Build(ctx, filepath.Dir(source), filepath.Join(dir, "bin"), o.version); err != nil {
		return p, err
	}
	c, err := cluster.Up(ctx, cluster.Options{Dir: filepath.Join(dir, "cluster"), Parts: parts, NoNode: true, Attached: true})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.Down(context.WithoutCancel(ctx))) }()
	m, err := rig.NewMachine(dir, filepath.Join(dir, "bin"), c.Kubeconfig())
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return bench.Run(ctx, bench.Config{Machine: m, Place: "machine", Rounds: o.rounds, Only: o.only, Strace: strace, Log: os.Stderr})
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
