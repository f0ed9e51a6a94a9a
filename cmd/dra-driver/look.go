package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"path/filepath"

	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/controlplane/nodeview"
)

// showDevices prints what the node offers.
func showDevices(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return look(ctx, "dra-driver devices", args, stdout, stderr, func(n *nodeview.Node) texter { return n.Devices() })
}

// showClaims prints what the node holds for claims.
func showClaims(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return look(ctx, "dra-driver claims", args, stdout, stderr, func(n *nodeview.Node) texter { return n.Claims() })
}

// look prints a view of the node, as far as it can be seen, also when a part of it
// cannot.
func look(ctx context.Context, command string, args []string, stdout, stderr io.Writer, view func(*nodeview.Node) texter) error {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(stderr)
	driver := f.String("driver-name", defaultDriver, "`name` of the driver, as in DeviceClasses")
	stateDir := f.String("state-dir", "", "`directory` of the claims' records (default /var/lib/kubelet/plugins/<driver-name>/claims)")
	socket := f.String("netagent-socket", defaultNetagentSocket, "`path` of netagent's socket")
	write := outputFlag(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	if *stateDir == "" {
		*stateDir = filepath.Join(pluginsDir, *driver, claimsDir)
	}
	netagent, err := agent.New(*socket)
	if err != nil {
		return err
	}
	defer func() { _ = netagent.Close() }()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	node, err := nodeview.Read(ctx, netagent, *stateDir)
	return errors.Join(err, write(stdout, view(node)))
}
