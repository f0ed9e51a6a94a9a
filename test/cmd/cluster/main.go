// Command cluster runs the test cluster from the command line.
//
//	cluster setup                                build what clusters are made of
//	cluster up --dir DIR                         start a cluster that keeps running, unless it does
//	cluster down --dir DIR                       end it and remove its directory
//	cluster load --dir DIR ARCHIVE...            give images to its node
//	cluster node --dir DIR -- SCRIPT             run a shell script on its node
//	cluster kubectl --dir DIR ARGUMENT...        run kubectl on it
//	cluster demo --dir DIR --repo DIR            show the driver at work on it
//	cluster image --dockerfile FILE --bin DIR --ref NAME --out FILE
//	                                             write an image without an engine
//
// Relative paths are relative to the working directory; with "go run -C test
// ./cmd/cluster" that is test/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// command runs with its own flags parsed; rest are the arguments after them.
type command struct {
	flags *flag.FlagSet
	run   func(ctx context.Context, rest []string) error
}

// exitCode is an error that says nothing: the program that it comes from has.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	commands := map[string]command{
		"setup":   setupCommand(),
		"up":      upCommand(),
		"down":    downCommand(),
		"load":    loadCommand(),
		"node":    nodeCommand(),
		"kubectl": kubectlCommand(),
		"demo":    demoCommand(),
		"image":   imageCommand(),
	}
	if len(args) == 0 {
		return errors.New("no command; there are setup, up, down, load, node, kubectl, demo and image")
	}
	c, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("no command %q", args[0])
	}
	if err := c.flags.Parse(args[1:]); err != nil {
		return exitCode(2) // the flag package has said why
	}
	return c.run(ctx, c.flags.Args())
}
