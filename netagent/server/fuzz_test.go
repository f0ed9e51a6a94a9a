package server

import (
	"context"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
)

// inside stands where the manager does, behind the gate, and takes note of what
// came through.
type inside struct {
	attach *netagentv1.AttachRequest
	detach string
}

func (i *inside) Attach(_ context.Context, _ peer.Identity, r *netagentv1.AttachRequest) ([]*netagentv1.Attachment, error) {
	i.attach = r
	return nil, nil
}

func (i *inside) Detach(_ context.Context, claim string) error {
	i.detach = claim
	return nil
}

// gate is the chain as the server has it, but for the rate.
func gate(f *testing.F) chain {
	c, err := newChain(slog.New(slog.DiscardHandler), limiter{rate.NewLimiter(rate.Inf, 1)})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// call sends a request through the gate, as gRPC does, from a caller who is
// admitted.
func (c chain) call(ctx context.Context, method string, request any, last grpc.UnaryHandler) error {
	ctx = grpcpeer.NewContext(ctx, &grpcpeer.Peer{Addr: &net.UnixAddr{}, AuthInfo: peer.Info{}})
	info := &grpc.UnaryServerInfo{FullMethod: "/hawser.netagent.v1.NetAgent/" + method}
	next := last
	for i := len(c.unary) - 1; i >= 0; i-- {
		one, inner := c.unary[i], next
		next = func(ctx context.Context, r any) (any, error) { return one(ctx, r, info, inner) }
	}
	_, err := next(ctx, request)
	return err
}

func seed(f *testing.F, m proto.Message) {
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(protowire.AppendVarint(protowire.AppendTag(b, 99, protowire.VarintType), 1))
}

const fuzzClaim = "6f0b8a44-97e2-4d2c-8d5f-000000000001"

// uid is a UUID. In capitals, which Kubernetes never writes, it is another claim's.
var uid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// FuzzAttach: what comes through the gate keeps the bounds that SECURITY.md
// states, said here once more without protovalidate.
func FuzzAttach(f *testing.F) {
	c := gate(f)
	mac := []byte{2, 0, 0, 0, 0, 1}
	for _, d := range []*netagentv1.DeviceRequest{
		{Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{Parent: "eth0", Mode: 1, Mtu: 1400, MacAddress: mac}}},
		{Kind: &netagentv1.DeviceRequest_Ipvlan{Ipvlan: &netagentv1.Ipvlan{Parent: "eth0", Mode: 1, Flag: 1}}},
		{Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{Bridge: "br0"}}},
		{Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{MacAddress: mac}}},
		{Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: &netagentv1.Ipoib{Parent: "ib0", Pkey: 0x8001, Mode: 1}}},
		{Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: &netagentv1.SriovVf{PciAddress: "0000:3b:02.1", Parent: "eth1", VfIndex: 5, Vlan: new(uint32)}}},
		{Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: &netagentv1.HostDevice{Name: "eth2", PciAddress: "0000:3c:00.0"}}},
		{Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: "mlx5_0"}}},
	} {
		d.Key = "d0"
		seed(f, &netagentv1.AttachRequest{ClaimUid: fuzzClaim, Devices: []*netagentv1.DeviceRequest{d}})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		request := new(netagentv1.AttachRequest)
		if proto.Unmarshal(b, request) != nil {
			return
		}
		var behind inside
		a := &api{attach: &behind}
		err := c.call(t.Context(), "Attach", request, func(ctx context.Context, r any) (any, error) {
			return a.Attach(ctx, r.(*netagentv1.AttachRequest))
		})
		if (err == nil) != (behind.attach != nil) {
			t.Fatalf("error %v, came through: %v", err, behind.attach)
		}
		if behind.attach != nil {
			wantBounded(t, behind.attach)
		}
	})
}

func wantBounded(t *testing.T, r *netagentv1.AttachRequest) {
	t.Helper()
	if n := len(r.GetDevices()); !uid.MatchString(r.GetClaimUid()) || n < 1 || n > 8 || unknownIn(r.ProtoReflect()) != "" {
		t.Fatalf("claim %q, %d devices", r.GetClaimUid(), n)
	}
	for _, d := range r.GetDevices() {
		key, parent, mtu, mac := d.GetKey(), "", uint32(0), []byte(nil)
		switch k := d.GetKind().(type) {
		case nil:
			t.Fatal("no kind")
		case *netagentv1.DeviceRequest_Macvlan:
			parent, mtu, mac = k.Macvlan.GetParent(), k.Macvlan.GetMtu(), k.Macvlan.GetMacAddress()
		case *netagentv1.DeviceRequest_Ipvlan:
			parent, mtu = k.Ipvlan.GetParent(), k.Ipvlan.GetMtu()
		case *netagentv1.DeviceRequest_Veth:
			parent, mtu, mac = k.Veth.GetBridge(), k.Veth.GetMtu(), k.Veth.GetMacAddress()
		case *netagentv1.DeviceRequest_Dummy:
			mtu, mac = k.Dummy.GetMtu(), k.Dummy.GetMacAddress()
		case *netagentv1.DeviceRequest_Ipoib:
			parent, mtu = k.Ipoib.GetParent(), k.Ipoib.GetMtu()
			wantWithin(t, k.Ipoib.GetPkey(), 0x8001, 0xffff)
		case *netagentv1.DeviceRequest_SriovVf:
			parent, mtu, mac = k.SriovVf.GetParent(), k.SriovVf.GetMtu(), k.SriovVf.GetMacAddress()
			wantFunction(t, k.SriovVf)
		case *netagentv1.DeviceRequest_HostDevice:
			parent, mtu, mac = k.HostDevice.GetName(), k.HostDevice.GetMtu(), k.HostDevice.GetMacAddress()
			if a := k.HostDevice.GetPciAddress(); a != "" && !function.MatchString(a) {
				t.Errorf("PCI address %q", a)
			}
		case *netagentv1.DeviceRequest_Uverbs:
			if n := k.Uverbs.GetIbdev(); len(n) < 1 || len(n) > 63 || strings.ContainsAny(n, "/ \x00\n") {
				t.Errorf("RDMA device %q", n)
			}
		}
		if len(key) < 1 || len(key) > 16 || !name.MatchString(parent) || mtu > 65535 || len(mac) != 0 && len(mac) != 6 {
			t.Errorf("key %q, parent %q, mtu %d, mac %x", key, parent, mtu, mac)
		}
	}
}

// function is the address of a PCI function.
var function = regexp.MustCompile(`^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$`)

func wantFunction(t *testing.T, v *netagentv1.SriovVf) {
	t.Helper()
	if !function.MatchString(v.GetPciAddress()) {
		t.Errorf("PCI address %q", v.GetPciAddress())
	}
	wantWithin(t, v.GetVfIndex(), 0, 1023)
	wantWithin(t, v.GetVlan(), 0, 4094)
	wantWithin(t, v.GetVlanQos(), 0, 7)
	wantWithin(t, v.GetMinTxRate(), 0, 1000000)
	wantWithin(t, v.GetMaxTxRate(), 0, 1000000)
}

func wantWithin(t *testing.T, n, least, most uint32) {
	t.Helper()
	if n < least || n > most {
		t.Errorf("%d is not between %d and %d", n, least, most)
	}
}

// name is a link's, or none. A name has up to 15 characters here and 15 bytes in
// the kernel, which knows none that is longer.
var name = regexp.MustCompile(`^[^/:%\s\x00-\x1f\x7f]{0,15}$`)

// FuzzDetach: only a UID comes through.
func FuzzDetach(f *testing.F) {
	c := gate(f)
	seed(f, &netagentv1.DetachRequest{ClaimUid: fuzzClaim})
	seed(f, &netagentv1.DetachRequest{ClaimUid: "../../etc/passwd"})
	f.Fuzz(func(t *testing.T, b []byte) {
		request := new(netagentv1.DetachRequest)
		if proto.Unmarshal(b, request) != nil {
			return
		}
		var behind inside
		a := &api{attach: &behind}
		err := c.call(t.Context(), "Detach", request, func(ctx context.Context, r any) (any, error) {
			return a.Detach(ctx, r.(*netagentv1.DetachRequest))
		})
		if err == nil && !uid.MatchString(behind.detach) {
			t.Errorf("came through: %q", behind.detach)
		}
	})
}
