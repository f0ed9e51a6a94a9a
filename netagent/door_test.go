package netagent_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/encoding/protowire"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent"
)

func vethRequest(key string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{}}}
}

func macvlanRequest(key, parent string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{
		Parent: parent, Mode: netagentv1.MacvlanMode_MACVLAN_MODE_BRIDGE,
	}}}
}

func TestPeerRefused(t *testing.T) {
	a := start(t, func(c *netagent.Config) { c.AllowPeer.GID++ })
	_, err := a.tryAttach(uuid.NewString(), vethRequest("a"))
	wantCode(t, err, codes.Unavailable)
	if left := ownLinks(t); len(left) != 0 {
		t.Errorf("links: %v", left)
	}
}

func TestHealth(t *testing.T) {
	a := start(t)
	answer, err := healthpb.NewHealthClient(a.conn).Check(context.Background(), &healthpb.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("%v, %v", answer, err)
	}
}

// TestRefusedRequests sends what the API's bounds exclude.
func TestRefusedRequests(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	withUnknown := func() *netagentv1.DeviceRequest {
		d := vethRequest("a")
		d.GetVeth().ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1))
		return d
	}
	many := make([]*netagentv1.DeviceRequest, 9)
	for i := range many {
		many[i] = vethRequest(string(rune('a' + i)))
	}
	for what, c := range map[string]struct {
		claim   string
		devices []*netagentv1.DeviceRequest
		code    codes.Code
		text    string
	}{
		"a claim that is no UID":  {"c1", []*netagentv1.DeviceRequest{vethRequest("a")}, codes.InvalidArgument, "claim_uid"},
		"no devices":              {claim, nil, codes.InvalidArgument, "devices"},
		"nine devices":            {claim, many, codes.InvalidArgument, "devices"},
		"a device without a kind": {claim, []*netagentv1.DeviceRequest{{Key: "a"}}, codes.InvalidArgument, "kind"},
		"a key with a slash":      {claim, []*netagentv1.DeviceRequest{vethRequest("a/b")}, codes.InvalidArgument, "key"},
		"a key twice":             {claim, []*netagentv1.DeviceRequest{vethRequest("a"), vethRequest("a")}, codes.InvalidArgument, `key "a"`},
		"an unknown field":        {claim, []*netagentv1.DeviceRequest{withUnknown()}, codes.InvalidArgument, "hawser.netagent.v1.Veth"},
		"a parent with a slash":   {claim, []*netagentv1.DeviceRequest{macvlanRequest("a", "up/0")}, codes.InvalidArgument, "parent"},
		"a parent not allowed":    {claim, []*netagentv1.DeviceRequest{macvlanRequest("a", "lo")}, codes.PermissionDenied, `macvlan.parent "lo"`},
		"a parent not there":      {claim, []*netagentv1.DeviceRequest{macvlanRequest("a", "up9")}, codes.FailedPrecondition, `macvlan.parent "up9"`},
		"too large":               {claim, []*netagentv1.DeviceRequest{macvlanRequest("a", strings.Repeat("x", 65<<10))}, codes.ResourceExhausted, "larger"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := a.tryAttach(c.claim, c.devices...)
			if text := wantCode(t, err, c.code); !strings.Contains(text, c.text) {
				t.Errorf("%q lacks %q", text, c.text)
			}
		})
	}
	if len(ownLinks(t)) != 0 || len(a.journal()) != 0 {
		t.Errorf("left: links %v, journal %v", ownLinks(t), a.journal())
	}
}

// TestMissingModule asks for a kind that this kernel may lack.
func TestMissingModule(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	_, err := a.tryAttach(claim, &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{}}})
	if err == nil {
		t.Log("the kernel has dummy links")
		a.detach(claim)
		return
	}
	if text := wantCode(t, err, codes.Unimplemented); !strings.Contains(text, "modprobe dummy") {
		t.Errorf("text %q", text)
	}
	if len(a.journal()) != 0 {
		t.Errorf("journal left: %v", a.journal())
	}
}

func TestBoundsOfNodeAndClaim(t *testing.T) {
	a := start(t, func(c *netagent.Config) { c.MaxAttachments = 9 })
	first, second := uuid.NewString(), uuid.NewString()
	t.Cleanup(func() { a.detach(first); a.detach(second) })
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		a.attach(first, vethRequest(key))
	}
	_, err := a.tryAttach(first, vethRequest("i"))
	wantCode(t, err, codes.ResourceExhausted)
	a.attach(second, vethRequest("a"))
	_, err = a.tryAttach(second, vethRequest("b"))
	wantCode(t, err, codes.ResourceExhausted)
	a.attach(second, vethRequest("a"))
}

func TestWatchTellsTheDevice(t *testing.T) {
	a := start(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := a.client.Watch(ctx, &netagentv1.WatchRequest{})
	if err != nil {
		t.Fatal(err)
	}
	device, err := stream.Recv()
	if err != nil || device.GetDevice().GetVirtualLinks().GetMaxAttachments() != 512 {
		t.Fatalf("first message %v, %v", device, err)
	}
	if synced, err := stream.Recv(); err != nil || synced.GetSynced() == nil {
		t.Fatalf("second message %v, %v", synced, err)
	}
}

func TestSocketModeAndStaleSocket(t *testing.T) {
	a := start(t)
	a.stop()
	leaveSocket(t, a.config.Socket)
	a.start()
	checkMode0600(t, a.config.Socket)
}
