// Package scrape serves the driver's metrics on a TCP address.
//
// The driver has the host's network, and for a moment of each rolling update
// there are two drivers on a node: the port is then the older one's, and the
// newer one waits for it. Shared (SO_REUSEPORT), it would answer with the
// counters of now the one, now the other. A probe never comes here (package
// health has a Unix socket), so that nothing depends on the port.
package scrape

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// Path is where the metrics are.
const Path = "/metrics"

const (
	// retryEvery is short: it is what a rolling update leaves unmeasured.
	retryEvery = 500 * time.Millisecond
	// readTime bounds a request.
	readTime = 5 * time.Second
	// writeTime bounds an answer.
	writeTime = 15 * time.Second
	// maxHeader of a request: a scraper's is a few hundred bytes.
	maxHeader = 8 << 10
)

// Run answers on address until ctx ends; with none it does nothing. An address
// that can never be had is an error.
func Run(ctx context.Context, address string, metrics http.Handler) error {
	if address == "" {
		return nil
	}
	l, err := listen(ctx, address)
	if err != nil || l == nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, metrics)
	server := &http.Server{Handler: mux, ReadTimeout: readTime, WriteTimeout: writeTime, MaxHeaderBytes: maxHeader}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// listen waits for an address that is in use. It returns nil when ctx ends.
func listen(ctx context.Context, address string) (net.Listener, error) {
	for waits := false; ctx.Err() == nil; waits = true {
		l, err := net.Listen("tcp", address)
		switch {
		case err == nil:
			return l, nil
		case !errors.Is(err, unix.EADDRINUSE):
			return nil, fmt.Errorf("metrics: %w", err)
		case !waits:
			logging.From(ctx).Info("waiting for the address of the metrics: another process has it", "address", address)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
	return nil, nil
}
