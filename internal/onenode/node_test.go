package onenode

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

const (
	driverName = "dra.example.com"
	// sideLabel is a label of all goroutines of a program.
	sideLabel = "side"
)

// node is a machine on which netagent and the driver come and go. Its
// directories outlive them.
type node struct {
	t        testing.TB
	side     string // whose netagent and driver these are, of twins
	cdi      string
	state    string
	config   netagent.Config
	log      *slog.Logger
	conns    conns
	netagent *process
	driver   *driver
	traces   *tracing.Provider // of the driver
}

// newNode returns a node on which nothing runs.
func newNode(t testing.TB, log io.Writer) *node {
	t.Helper()
	testns.Require(t)
	dir := t.TempDir()
	n := &node{
		t: t, side: "one", traces: tracing.Off(), cdi: filepath.Join(dir, "cdi"), state: filepath.Join(dir, "state"),
		log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: logging.Call})),
		config: netagent.Config{
			Socket:         filepath.Join(dir, "netagent.sock"),
			JournalDir:     filepath.Join(dir, "journal"),
			AllowPeer:      peer.Identity{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())},
			AllowParents:   []string{"up*"},
			MaxAttachments: 512,
		},
	}
	t.Cleanup(func() { n.stop(); sweep(t) })
	return n
}

// twin returns the same machine for a second netagent and a second driver, as in
// a rolling update: they have a socket of their own and share the rest.
func (n *node) twin() *node {
	twin := &node{t: n.t, side: "other", traces: n.traces, cdi: n.cdi, state: n.state, log: n.log, config: n.config}
	twin.config.Socket = filepath.Join(filepath.Dir(n.config.Socket), "twin.sock")
	n.t.Cleanup(twin.stop)
	return twin
}

func (n *node) stop() {
	n.stopDriver()
	n.stopNetagent()
}

// process is one life of a program.
type process struct{ stop func() }

// run starts a program. Its stop ends it and waits until nothing of it runs.
func (n *node) run(program string, jobs ...func(context.Context) error) *process {
	ctx, cancel := context.WithCancel(logging.Into(context.Background(), n.log.With("program", program, "side", n.side)))
	var running sync.WaitGroup
	for _, job := range jobs {
		running.Go(func() {
			n.label(func() {
				if err := job(ctx); err != nil {
					n.t.Errorf("%s ended: %v", program, err)
				}
			})
		})
	}
	return &process{stop: func() { cancel(); running.Wait() }}
}

// label does something on goroutines that can be told from the other side's.
func (n *node) label(do func()) {
	pprof.Do(context.Background(), pprof.Labels(sideLabel, n.side), func(context.Context) { do() })
}

// startNetagent returns when netagent answers.
func (n *node) startNetagent() {
	n.t.Helper()
	n.netagent = n.run("netagent", func(ctx context.Context) error { return netagent.Run(ctx, n.config) })
	n.eventually("netagent listens", func() bool {
		c, err := net.Dial("unix", n.config.Socket)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	n.conns.allow()
}

// stopNetagent ends netagent. Calls that are under way end with their
// connections, as they do when it is killed.
func (n *node) stopNetagent() {
	if n.netagent != nil {
		n.conns.cut()
		n.netagent.stop()
		n.netagent = nil
	}
}

// dial connects a driver's client, which waits less for a netagent that starts
// than it does on a real node, and as long for one that is slow to answer.
func (n *node) dial() *agent.Client {
	n.t.Helper()
	fast := grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond, Multiplier: 2},
		MinConnectTimeout: patience, // or it is the pause: 1 ms
	}
	traced := otelgrpc.NewClientHandler(otelgrpc.WithTracerProvider(n.traces), otelgrpc.WithPropagators(tracing.Propagator))
	c, err := agent.New(n.config.Socket, grpc.WithConnectParams(fast), grpc.WithStatsHandler(traced),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return n.conns.dial(ctx, n.config.Socket) }))
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// conns are the connections to netagent, and none while it is dead.
type conns struct {
	mu   sync.Mutex
	dead bool
	open []net.Conn
}

func (c *conns) dial(ctx context.Context, socket string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return nil, syscall.ECONNREFUSED
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	c.open = append(c.open, conn)
	return conn, nil
}

func (c *conns) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open, c.dead = nil, true
}

func (c *conns) allow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = false
}

// patience is how long what happens by itself may take.
const patience = 20 * time.Second

func (n *node) eventually(what string, ok func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("never: %s", what)
		}
	}
}
