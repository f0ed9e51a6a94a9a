package health_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"github.com/hawser-dra/hawser/controlplane/health"
)

// state is a check that a test changes.
type state struct {
	mu  sync.Mutex
	err error
}

func (s *state) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *state) check(name string) health.Check {
	return health.Check{Name: name, Ready: func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.err
	}}
}

func TestServer(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "driver", "health.sock")
	if err := health.Ask(t.Context(), socket, health.Live); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("without a driver: %v", err)
	}
	var one, two state
	s, err := health.Listen(socket, one.check("one"), two.check("two"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()

	asked := func(path, want string) {
		t.Helper()
		got := ""
		if err := health.Ask(t.Context(), socket, path); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	asked(health.Ready, "")
	one.set(errors.New("not yet"))
	two.set(errors.New("away"))
	asked(health.Ready, "one: not yet\ntwo: away")
	asked(health.Live, "")
	one.set(nil)
	asked(health.Ready, "two: away")
	asked("/other", "404 page not found")

	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestSocketOfKilledProcessIsTaken(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "health.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
	if _, err := health.Listen(socket); err != nil {
		t.Error(err)
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := health.Directory("state", dir).Ready(); err != nil {
		t.Error(err)
	}
	if err := health.Directory("state", dir+"/none").Ready(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestRegistration(t *testing.T) {
	var r health.Registration
	tell := func(req any) {
		t.Helper()
		next := func(context.Context, any) (any, error) { return "answer", nil }
		if got, err := r.Intercept(t.Context(), req, &grpc.UnaryServerInfo{}, next); got != "answer" || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	wants := func(want string) {
		t.Helper()
		err := r.Check().Ready()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	tell(&registerapi.InfoRequest{})
	wants("has not found the driver's socket yet")
	tell(&registerapi.RegistrationStatus{PluginRegistered: false, Error: "wrong name"})
	wants("the kubelet refuses the driver: wrong name")
	tell(&registerapi.RegistrationStatus{PluginRegistered: true})
	wants("")
}
