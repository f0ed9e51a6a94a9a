// Podlink is an OCI createContainer hook: it makes sure that a claim's network
// interface is in the pod and makes its settings. See package podlink.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hawser-dra/hawser/api/handover"
	"github.com/hawser-dra/hawser/internal/version"
	"github.com/hawser-dra/hawser/podlink"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hawser:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "--version" {
		fmt.Println(version.Version)
		return nil
	}
	if len(args) != 2 {
		return errors.New("usage: podlink <record> <device key>")
	}
	return podlink.Run(podlink.Config{Record: args[0], Device: args[1], Handover: handover.Dir})
}
