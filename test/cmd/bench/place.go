package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"

	"github.com/hawser-dra/hawser/test/bench"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// placeCommand is the first argument of the program where it is taken to.
const placeCommand = "place"

type placeOptions struct {
	what
	name       string
	kubeconfig string
	binaries   string
	hardware   bool
}

func parsePlace(args []string) (placeOptions, error) {
	var o placeOptions
	f := flag.NewFlagSet("bench "+placeCommand, flag.ContinueOnError)
	o.flags(f)
	f.StringVar(&o.name, "name", "", "what the report calls this `place`")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` for access to the API server")
	f.StringVar(&o.binaries, "binaries", "", "`directory` of the product's")
	f.BoolVar(&o.hardware, "hardware", false, "measure what takes the test node's cards and modules, too")
	return o, o.parse(f, args)
}

// place measures, and prints what it has, be it all or not.
func place(ctx context.Context, o placeOptions) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	p, err := here(ctx, dir, o.binaries, o.kubeconfig, bench.Config{
		Place: o.name, Rounds: o.rounds, Only: o.only, Hardware: o.hardware, Log: os.Stderr,
	})
	return errors.Join(err, json.NewEncoder(os.Stdout).Encode(p), os.RemoveAll(dir))
}

// here measures where this process is.
func here(ctx context.Context, dir, binaries, kubeconfig string, c bench.Config) (p report.Place, err error) {
	if c.Machine, err = rig.NewMachine(dir, binaries, kubeconfig); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.Machine.Close()) }()
	return bench.Run(ctx, c)
}
