// Bench measures what Hawser costs, see package bench.
//
//	bench [flags]      measures on this machine
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
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case rig.EnterCommand:
			return rig.Enter(args[1:])
		case floor.EchoCommand:
			return floor.ServeEcho(args[1])
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	inside, code, err := rig.Isolate()
	if err != nil {
		return err
	}
	if !inside {
		os.Exit(code)
	}
	return measure(ctx, o)
}
