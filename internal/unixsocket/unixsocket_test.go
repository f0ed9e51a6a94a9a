package unixsocket_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-dra/hawser/internal/unixsocket"
)

func TestListenKeepsWhatIsNoSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := unixsocket.Listen(path, 1); err == nil {
		t.Error("listened in place of a file")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "kept" {
		t.Errorf("file: %q, %v", b, err)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := unixsocket.Listen(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error)
	accept := func() {
		conn, err := l.Accept()
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
		accepted <- err
	}
	for range 2 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		go accept()
	}
	if err := <-accepted; err != nil {
		t.Fatalf("first connection: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Accept: %v, want net.ErrClosed", err)
	}
}
