package netagent_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// dial opens one more connection.
func (a *agent) dial(t *testing.T, options ...grpc.DialOption) netagentv1.NetAgentClient {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+a.config.Socket, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return netagentv1.NewNetAgentClient(conn)
}

// opened begins a stream and reads it up to synced, when the rate lets it.
func opened(ctx context.Context, client netagentv1.NetAgentClient) (netagentv1.NetAgent_WatchClient, error) {
	for {
		stream, err := client.Watch(ctx, &netagentv1.WatchRequest{})
		for err == nil {
			var m *netagentv1.WatchResponse
			if m, err = stream.Recv(); m.GetSynced() != nil {
				return stream, nil
			}
		}
		if status.Code(err) != codes.ResourceExhausted {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestManyStreams holds 1,000 streams open, of which each is told everything.
func TestManyStreams(t *testing.T) {
	const connections, each = 4, 250
	a := quietly(t)
	ctx, cancel := context.WithCancel(t.Context())
	before := heap()
	a.changesNothing(t, func() {
		var told atomic.Int64
		var opening, reading sync.WaitGroup
		for range connections {
			client := a.dial(t)
			for range each {
				opening.Add(1)
				reading.Go(func() {
					stream, err := opened(ctx, client)
					opening.Done()
					if err != nil {
						t.Error(err)
						return
					}
					for m := (*netagentv1.WatchResponse)(nil); err == nil; m, err = stream.Recv() {
						if m.GetAttachmentGone() != nil {
							told.Add(1)
							return
						}
					}
					t.Error(err)
				})
			}
		}
		opening.Wait()
		wantFlat(t, before, 200<<20)
		claim := uuid.NewString()
		eventually(t, "a claim is attached", func() bool { _, err := a.tryAttach(claim, vethRequest("a")); return err == nil })
		a.detach(claim)
		reading.Wait()
		if told.Load() != connections*each {
			t.Errorf("%d streams were told of the claim", told.Load())
		}
	})
	cancel()
}

// TestTooManyStreams asks for more on one connection than it may have: they wait,
// and nobody else does.
func TestTooManyStreams(t *testing.T) {
	a := quietly(t)
	greedy := a.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var open atomic.Int64
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			if _, err := opened(ctx, greedy); err == nil {
				open.Add(1)
			}
		})
	}
	eventually(t, "as many are open as may be", func() bool { return open.Load() == 256 })
	claim := uuid.NewString()
	a.attach(claim, vethRequest("a"))
	a.detach(claim)
	if n := open.Load(); n != 256 {
		t.Errorf("%d streams are open", n)
	}
	cancel()
	all.Wait()
}

// stalled is a connection whose owner stops reading.
type stalled struct {
	net.Conn
	stall  *atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *stalled) Read(b []byte) (int, error) {
	if c.stall.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return c.Conn.Read(b)
}

func (c *stalled) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// TestSlowWatcher has a reader that reads no more while much happens: nobody waits
// for it, and what is kept for it does not grow.
func TestSlowWatcher(t *testing.T) {
	a := quietly(t)
	var stall atomic.Bool
	slow := a.dial(t, grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
		c, err := net.Dial("unix", a.config.Socket)
		return &stalled{Conn: c, stall: &stall, closed: make(chan struct{})}, err
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := opened(ctx, slow); err != nil {
		t.Fatal(err)
	}
	stall.Store(true)
	live := a.watch()
	before := heap()
	a.changesNothing(t, func() {
		claim := uuid.NewString()
		for range 50 {
			a.attach(claim, vethRequest("a"), vethRequest("b"), vethRequest("c"), vethRequest("d"))
			live.want(claim, netagentv1.Location_LOCATION_HOST)
			a.detach(claim)
			live.wantGone(claim)
		}
	})
	wantFlat(t, before, 8<<20)
}
