package main

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/sandbox"
)

// enterSandbox leaves the driver the files that it works with, and no TCP port
// to listen on but that of the metrics.
func enterSandbox(log *slog.Logger, o options, api *rest.Config) error {
	// What is made or read once is, while it can be.
	if err := os.MkdirAll(o.stateDir, 0o750); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	if _, err := x509.SystemCertPool(); err != nil {
		return fmt.Errorf("the system's certificate authorities: %w", err)
	}
	ports, err := o.ports()
	if err != nil {
		return err
	}
	return sandbox.Enter(log, o.requireSandbox, sandbox.Landlock(o.files(api), ports))
}

func (o options) files(api *rest.Config) sandbox.Files {
	f := sandbox.Files{
		Write: []string{o.pluginDir, o.stateDir, o.registryDir, o.cdiDir, filepath.Dir(o.healthSocket)},
		Read: []string{
			podlinkInImage,
			// Go's, for names of hosts and for listen(2).
			"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/proc/sys/net/core/somaxconn",
		},
	}
	if o.traceSocket != "" {
		f.Write = append(f.Write, filepath.Dir(o.traceSocket))
	}
	if dir := fault.Dir(); dir != "" {
		f.Write = append(f.Write, dir)
	}
	// A token or certificate is renewed by another file in its directory.
	for _, file := range []string{o.kubeconfig, api.BearerTokenFile, api.CAFile, api.CertFile, api.KeyFile} {
		if file != "" {
			f.Read = append(f.Read, filepath.Dir(file))
		}
	}
	return f
}

// ports are where the driver may listen; it connects to the API server and to a
// collector, wherever they are.
func (o options) ports() (sandbox.Ports, error) {
	p := sandbox.Ports{AnyConnect: true}
	if o.metricsAddress == "" {
		return p, nil
	}
	_, name, err := net.SplitHostPort(o.metricsAddress)
	if err != nil {
		return p, fmt.Errorf("--metrics-address: %w", err)
	}
	port, err := net.LookupPort("tcp", name)
	if err != nil {
		return p, fmt.Errorf("--metrics-address: %w", err)
	}
	p.Listen = []uint16{uint16(port)}
	return p, nil
}
