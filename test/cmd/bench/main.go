// Bench measures what Hawser costs, see package bench.
//
//	bench [flags]          measures on this machine and on the test node
//	bench place [flags]    measures where it is, and prints that as JSON
//	bench publish REPOSITORY bench.json…
//	                       makes a run the one that the documents show
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/hawser-dra/hawser/test/bench/floor"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case rig.EnterCommand:
		return rig.Enter(args[1:])
	case floor.EchoCommand:
		return floor.ServeEcho(args[1])
	case publishCommand:
		return publish(args[1:])
	case placeCommand:
		return isolated(ctx, args[1:], parsePlace, place)
	default:
		return isolated(ctx, args, parse, measure)
	}
}

// isolated measures in a mount namespace of its own.
func isolated[options any](ctx context.Context, args []string, parse func([]string) (options, error), measure func(context.Context, options) error) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	inside, code, err := rig.Isolate(ctx)
	if err != nil {
		return err
	}
	if !inside {
		os.Exit(code)
	}
	return measure(ctx, o)
}
