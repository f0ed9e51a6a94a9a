package netagent_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent"
)

// raw sends bytes as they are, which a client of the API would not.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                       { return "proto" }

// send calls a method with bytes.
func (a *agent) send(method string, b []byte, options ...grpc.CallOption) error {
	var answer []byte
	return a.conn.Invoke(a.t.Context(), method, b, &answer, append(options, grpc.ForceCodec(raw{}))...)
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// field is a field of a message, by its number.
func field(number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

// TestRefusedMessages sends what is no request of this API.
func TestRefusedMessages(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	uid := field(1, []byte(claim))
	good := marshal(t, &netagentv1.AttachRequest{ClaimUid: claim, Devices: []*netagentv1.DeviceRequest{vethRequest("a")}})
	device := func(kind ...byte) []byte {
		return append(uid[:len(uid):len(uid)], field(2, append(field(1, []byte("a")), kind...))...)
	}
	for what, c := range map[string]struct {
		method string
		bytes  []byte
		code   codes.Code
		text   string
	}{
		"no protobuf":              {netagentv1.NetAgent_Attach_FullMethodName, []byte{0xff, 0xff, 0xff}, codes.Internal, "unmarshal"},
		"cut short":                {netagentv1.NetAgent_Attach_FullMethodName, good[:len(good)-3], codes.Internal, "unmarshal"},
		"empty":                    {netagentv1.NetAgent_Attach_FullMethodName, nil, invalid, "claim_uid"},
		"a name that is no UTF-8":  {netagentv1.NetAgent_Attach_FullMethodName, device(field(2, field(1, []byte{'u', 'p', 0xff}))...), codes.Internal, "UTF-8"},
		"no kind":                  {netagentv1.NetAgent_Attach_FullMethodName, device(), invalid, "kind"},
		"an unknown kind":          {netagentv1.NetAgent_Attach_FullMethodName, device(field(77, nil)...), invalid, "DeviceRequest has a field"},
		"unknown beside a request": {netagentv1.NetAgent_Attach_FullMethodName, append(good[:len(good):len(good)], unknown...), invalid, "AttachRequest has a field"},
		"unknown in a device":      {netagentv1.NetAgent_Attach_FullMethodName, device(append(field(4, nil), unknown...)...), invalid, "DeviceRequest has a field"},
		"unknown in a kind":        {netagentv1.NetAgent_Attach_FullMethodName, device(field(4, unknown)...), invalid, "Veth has a field"},
		"unknown in a Detach":      {netagentv1.NetAgent_Detach_FullMethodName, append(uid[:len(uid):len(uid)], unknown...), invalid, "DetachRequest has a field"},
		"a large Attach":           {netagentv1.NetAgent_Attach_FullMethodName, make([]byte, 64<<10+1), codes.ResourceExhausted, "larger"},
		"a large Detach":           {netagentv1.NetAgent_Detach_FullMethodName, make([]byte, 1<<20), codes.ResourceExhausted, "larger"},
		"as large as may be":       {netagentv1.NetAgent_Attach_FullMethodName, field(99, make([]byte, 64<<10-5)), invalid, "AttachRequest has a field"},
		"an unknown call":          {"/hawser.netagent.v1.NetAgent/Exec", good, codes.Unimplemented, "unknown method"},
		"another service":          {"/runtime.v1.RuntimeService/RunPodSandbox", good, codes.Unimplemented, "unknown service"},
		"reflection":               {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", nil, codes.Unimplemented, "unknown service"},
	} {
		t.Run(what, func(t *testing.T) {
			a.changesNothing(t, func() {
				if text := wantCode(t, a.send(c.method, c.bytes), c.code); !strings.Contains(text, c.text) {
					t.Errorf("it says %q, want %q in it", text, c.text)
				}
			})
		})
	}
	t.Run("an unknown field in a Watch", func(t *testing.T) {
		request := &netagentv1.WatchRequest{}
		request.ProtoReflect().SetUnknown(unknown)
		stream, err := a.client.Watch(t.Context(), request)
		if err == nil {
			_, err = stream.Recv()
		}
		wantCode(t, err, invalid)
	})
	t.Run("metadata of 16 KiB", func(t *testing.T) {
		a.changesNothing(t, func() {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x", strings.Repeat("x", 16<<10))
			if _, err := a.client.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claim}); err == nil {
				t.Error("it is taken")
			}
		})
	})
}

// dialAs dials with the uid and gid of somebody else.
func dialAs(socket string, uid, gid int) func(context.Context, string) (net.Conn, error) {
	return func(context.Context, string) (c net.Conn, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			for _, call := range [][2]int{{unix.SYS_SETRESGID, gid}, {unix.SYS_SETRESUID, uid}} {
				if _, _, errno := unix.RawSyscall(uintptr(call[0]), uintptr(call[1]), uintptr(call[1]), uintptr(call[1])); errno != 0 {
					err = errno
					return
				}
			}
			c, err = net.Dial("unix", socket)
		}()
		<-done
		return c, err
	}
}

// TestRefusedPeers connects as others, once as the socket's mode lets them, and
// once past it.
func TestRefusedPeers(t *testing.T) {
	a := start(t, func(c *netagent.Config) { c.AllowPeer = peer.Identity{UID: 0, GID: 65410} })
	if err := os.Chmod(filepath.Dir(filepath.Dir(a.config.Socket)), 0o755); err != nil { // the test's alone
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		uid, gid int
		code     codes.Code
	}{
		"the driver":             {0, 65410, codes.OK},
		"root of another group":  {0, 0, codes.Unavailable},
		"root of the next group": {0, 65411, codes.Unavailable},
		"another user":           {1000, 65410, codes.Unavailable},
		"nobody":                 {65534, 65534, codes.Unavailable},
	} {
		for _, mode := range []os.FileMode{0o600, 0o666} {
			t.Run(what+" "+mode.String(), func(t *testing.T) {
				if err := os.Chmod(a.config.Socket, mode); err != nil {
					t.Fatal(err)
				}
				conn, err := grpc.NewClient("passthrough:netagent",
					grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dialAs(a.config.Socket, c.uid, c.gid)))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				a.changesNothing(t, func() {
					claim := uuid.NewString()
					client := netagentv1.NewNetAgentClient(conn)
					_, err := client.Attach(t.Context(), &netagentv1.AttachRequest{ClaimUid: claim, Devices: []*netagentv1.DeviceRequest{vethRequest("a")}})
					wantCode(t, err, c.code)
					_, err = client.Detach(t.Context(), &netagentv1.DetachRequest{ClaimUid: claim})
					wantCode(t, err, c.code)
				})
			})
		}
	}
}
