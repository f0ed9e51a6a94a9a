// Package health says whether the driver can do its work, over HTTP on a Unix
// socket: with the host's network a port could not be taken twice, and for a
// moment of each rolling update there are two drivers.
//
// /healthz answers as long as the process does; /readyz names each thing that
// is not ready. [Ask] is the other end, for an exec probe in an image without
// a shell.
package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The paths that are served.
const (
	Live  = "/healthz"
	Ready = "/readyz"
)

// Check is something that has to be ready. Ready returns nil, or why it is not.
type Check struct {
	Name  string
	Ready func() error
}

// Server answers on a socket.
type Server struct {
	listener net.Listener
	checks   []Check
	mux      *http.ServeMux
}

// Listen takes the socket, also from a process before this one; nobody else
// has the directory.
func Listen(socket string, checks ...Check) (*Server, error) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, fmt.Errorf("health socket: %w", err)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("health socket: %w", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("health socket: %w", err)
	}
	s := &Server{listener: l, checks: checks, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET "+Live, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	s.mux.HandleFunc("GET "+Ready, s.ready)
	return s, nil
}

// Handle serves another path too. It is called before Run.
func (s *Server) Handle(path string, h http.Handler) { s.mux.Handle("GET "+path, h) }

// Run answers until the context ends, and removes the socket.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{Handler: s.mux, ReadTimeout: 5 * time.Second, MaxHeaderBytes: 4096}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("health socket: %w", err)
	}
	return nil
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	var failed error
	for _, c := range s.checks {
		if err := c.Ready(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", c.Name, err))
		}
	}
	if failed != nil {
		http.Error(w, failed.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
