// Package handover is the door through which podlink, as the container runtime runs
// it in a pod, hands netagent the pod's network namespace, so that an RDMA device in
// exclusive mode can be moved there.
//
// It is a Unix socket beside the journal, which root of the host alone can reach,
// and admits root alone. What it takes is a claim, a device and a namespace: the
// device must be lent to that claim, and is moved, nothing else can be asked. A
// namespace is used for that one move and closed.
package handover

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/handover"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/unixsocket"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// maxConnections is how many pods may start at the same time; more wait.
const maxConnections = 16

// nameSize is enough for two netagents to have names of their own, and little of the
// 107 bytes that a socket's path may have.
const nameSize = 8

// Mover moves the RDMA device of a claim to a network namespace.
type Mover interface {
	HandOver(ctx context.Context, claim, ibdev string, namespace *os.File) error
}

// Server answers podlink.
type Server struct {
	listener *unixsocket.Listener
	mover    Mover
}

// Listen puts a socket into a directory. Whoever asks before Run waits.
func Listen(dir string, m Mover) (*Server, error) {
	sweep(dir)
	name := strings.ToLower(rand.Text()[:nameSize]) + handover.Ext
	l, err := unixsocket.Listen(filepath.Join(dir, name), maxConnections)
	if err != nil {
		return nil, err
	}
	return &Server{listener: l, mover: m}, nil
}

// Close takes the socket away. It may be repeated.
func (s *Server) Close() error { return s.listener.Close() }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		conn, err := s.listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept podlink: %w", err)
		}
		calls.Go(func() { serve(ctx, conn, s.mover) })
	}
}

// sweep removes the sockets of netagents that are no more.
func sweep(dir string) {
	old, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return
	}
	for _, path := range old {
		conn, err := net.Dial("unix", path)
		switch {
		case err == nil:
			_ = conn.Close()
		case errors.Is(err, unix.ECONNREFUSED):
			_ = os.Remove(path)
		}
	}
}

// serve answers one podlink.
func serve(ctx context.Context, conn net.Conn, m Mover) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, handover.Time)
	defer cancel()
	log := logging.From(ctx)
	err := take(ctx, log, conn, m)
	if errors.Is(err, errNobody) {
		return
	}
	if err != nil {
		log.Warn("RDMA device not handed over to a pod", "cause", err)
	}
	b, err := handover.Marshal(handover.AnswerOf(err))
	if err == nil {
		_, err = conn.Write(b)
	}
	if err != nil {
		log.Warn("podlink is not answered", "cause", err)
	}
}

// errNobody is a connection that asks for nothing: another netagent's sweep.
var errNobody = errors.New("nothing was asked")

func take(ctx context.Context, log *slog.Logger, conn net.Conn, m Mover) error {
	end, _ := ctx.Deadline()
	if err := conn.SetDeadline(end); err != nil {
		return err
	}
	if _, _, err := peer.NewCredentials(peer.Identity{}, log).ServerHandshake(conn); err != nil {
		return err
	}
	b, namespace, err := receive(conn)
	if err != nil {
		return err
	}
	defer namespace.Close()
	r, err := handover.ParseRequest(b)
	if err != nil {
		return err
	}
	return m.HandOver(ctx, r.ClaimUID, r.IBDev, namespace)
}

// receive reads a message and the one file that comes with it.
func receive(conn net.Conn) ([]byte, *os.File, error) {
	u, ok := conn.(interface {
		ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error)
	})
	if !ok {
		return nil, nil, fmt.Errorf("a %T carries no files", conn)
	}
	b, control := make([]byte, handover.MaxSize), make([]byte, unix.CmsgSpace(4))
	n, controls, _, _, err := u.ReadMsgUnix(b, control)
	if err != nil {
		return nil, nil, fmt.Errorf("read from podlink: %w", err)
	}
	if n == 0 {
		return nil, nil, errNobody
	}
	files := filesOf(control[:controls])
	if len(files) != 1 {
		for _, f := range files {
			_ = unix.Close(f)
		}
		return nil, nil, fmt.Errorf("podlink has sent %d files, must send its network namespace", len(files))
	}
	return b[:n], os.NewFile(uintptr(files[0]), "namespace"), nil
}

// filesOf returns the descriptors that came with a message. The kernel has cut off
// what there was no room for.
func filesOf(control []byte) (files []int) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if more, err := unix.ParseUnixRights(&m); err == nil {
			files = append(files, more...)
		}
	}
	return files
}

// Prepare makes the directory of the sockets.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("directory of the handover: %w", err)
	}
	return nil
}
