// Command scale measures what Hawser costs a cluster of many simulated nodes, on a
// control plane of its own (package scale), and writes what it found to a directory.
//
//	scale [--nodes N] [--pods N] [--out DIR]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/scale"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// options are the flags.
type options struct {
	scale.Config
	out   string
	limit int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{Config: scale.Config{Log: os.Stderr}}
	f := flag.NewFlagSet("scale", flag.ContinueOnError)
	f.StringVar(&o.Repo, "repo", "..", "`directory` of the checkout")
	f.StringVar(&o.out, "out", "../.scale", "`directory` for the results and, meanwhile, the control plane")
	f.IntVar(&o.Nodes, "nodes", 500, "nodes with 8 virtual functions each")
	f.IntVar(&o.Dense, "dense", 20, "nodes with 128 virtual functions each, beside the others")
	f.DurationVar(&o.Steady, "steady", 6*time.Minute, "how `long` nothing is to happen")
	f.IntVar(&o.Pods, "pods", 1000, "pods that are scheduled in a round")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds of each kind")
	f.IntVar(&o.limit, "kube-api-qps", 1000, "requests a second that the scheduler, and each controller, makes at most; 0 is Kubernetes' own default")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.Dense < 1 || o.Nodes <= o.Dense || o.Pods < 1 || o.Rounds < 1 {
		return o, errors.New("there must be pods, rounds, dense nodes, and more nodes than dense ones")
	}
	return o, nil
}

func run(ctx context.Context, args []string) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	c, err := up(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Down(context.WithoutCancel(ctx))) }()
	log, err := os.Create(filepath.Join(o.out, "drivers.log"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	o.DriverLog = log
	result, err := scale.Run(ctx, c, o.Config)
	if err != nil {
		return err
	}
	return write(o.out, result)
}

// up starts a control plane without a node. It ends with this program.
func up(ctx context.Context, o options) (*cluster.Cluster, error) {
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		return nil, err
	}
	parts, err := cluster.Prepare(ctx, tools)
	if err != nil {
		return nil, err
	}
	var args []string
	if o.limit > 0 {
		args = []string{fmt.Sprintf("--kube-api-qps=%d", o.limit), fmt.Sprintf("--kube-api-burst=%d", o.limit)}
	}
	return cluster.Up(ctx, cluster.Options{
		Dir: filepath.Join(o.out, "cluster"), Parts: parts, Log: os.Stderr,
		NoNode: true, Attached: true, ControllerArgs: args, SchedulerArgs: args,
	})
}

// write writes the result for programs and for people, and prints it.
func write(dir string, result *scale.Result) error {
	var text bytes.Buffer
	if err := result.WriteMarkdown(&text); err != nil {
		return err
	}
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), data, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "result.md"), text.Bytes(), 0o644); err != nil {
		return err
	}
	_, err = os.Stdout.Write(text.Bytes())
	return err
}
