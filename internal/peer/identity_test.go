package peer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/internal/peer"
)

func TestParse(t *testing.T) {
	got, err := peer.Parse("0:65410")
	if err != nil || got != (peer.Identity{UID: 0, GID: 65410}) || got.String() != "0:65410" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, s := range []string{"", "0", "0:", ":0", "root:0", "-1:0", "0:0:0", "4294967296:0"} {
		if _, err := peer.Parse(s); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
}

// connect returns the server's end of a connection that this process made.
func connect(t *testing.T) net.Conn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestHandshake(t *testing.T) {
	self := peer.Identity{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))

	_, info, err := peer.NewCredentials(self, logger).ServerHandshake(connect(t))
	if got, ok := info.(peer.Info); err != nil || !ok || got.Identity != self {
		t.Errorf("own identity: %v, %v", info, err)
	}
	other := peer.Identity{UID: self.UID, GID: self.GID + 1}
	_, _, err = peer.NewCredentials(other, logger).ServerHandshake(connect(t))
	if e, ok := errors.AsType[*peer.RefusedError](err); !ok || e.Caller != self {
		t.Errorf("another identity: %v", err)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 {
		t.Errorf("%d log lines:\n%s", lines, &log)
	}
}

func TestHandshakeWithoutSocket(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	_, _, err := peer.NewCredentials(peer.Identity{}, slog.New(slog.DiscardHandler)).ServerHandshake(server)
	if err == nil {
		t.Error("a connection without a socket was admitted")
	}
}

func TestNoIdentityWithoutConnection(t *testing.T) {
	if id, ok := peer.FromContext(context.Background()); ok {
		t.Errorf("got %v", id)
	}
}
