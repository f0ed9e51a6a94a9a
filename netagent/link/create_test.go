package link

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/testns"
)

func dial(t *testing.T) *Conn {
	t.Helper()
	testns.Require(t)
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestCreate makes each kind and looks at the first thing that the kernel tells
// of it: all settings must be in the one request.
func TestCreate(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	kinds := map[string]func(parent int) (Kind, net.HardwareAddr){
		"macvlan": func(p int) (Kind, net.HardwareAddr) { return Macvlan{Parent: p, Mode: MacvlanBridge}, mac },
		"ipvlan":  func(p int) (Kind, net.HardwareAddr) { return Ipvlan{Parent: p, Mode: IpvlanL2}, nil },
		"veth":    func(int) (Kind, net.HardwareAddr) { return Veth{HostEnd: "far0"}, mac },
		"dummy":   func(int) (Kind, net.HardwareAddr) { return Dummy{}, mac },
	}
	for name, makeKind := range kinds {
		t.Run(name, func(t *testing.T) {
			testns.Kind(t, name)
			parent := testns.Uplink(t, "up0", 1500).Attrs()
			kind, wantMAC := makeKind(parent.Index)
			if wantMAC == nil {
				wantMAC = parent.HardwareAddr
			}
			c, ctx := dial(t), context.Background()
			events := subscribe(t)

			want := Settings{Name: "new0", Group: 77, MTU: 1300, MAC: wantMAC}
			if err := c.Create(ctx, kind, want); err != nil {
				t.Fatal(err)
			}
			l := events.seen("new0")
			got := Settings{Name: l.Name, Group: l.Group, MTU: l.MTU, MAC: l.MAC}
			if diff := cmp.Diff(want, got); diff != "" || l.Kind != name || l.Flags&unix.IFF_UP != 0 {
				t.Errorf("kind %s, flags %x, settings (-want +got):\n%s", l.Kind, l.Flags, diff)
			}
			if err := c.Create(ctx, kind, want); !errors.Is(err, ErrExists) {
				t.Errorf("same name again: %v, want ErrExists", err)
			}
			if err := c.Delete(ctx, Host, l.Index); err != nil {
				t.Error(err)
			}
			if err := c.Delete(ctx, Host, l.Index); !errors.Is(err, ErrNotFound) {
				t.Errorf("deleted again: %v, want ErrNotFound", err)
			}
		})
	}
}

type noKind struct{}

func (noKind) Name() string { return "nosuchkind" }

func (k noKind) build(s Settings) *nl.NetlinkRequest {
	req := newLink(s)
	addKind(req, k.Name())
	return req
}

func TestCreateWithoutModule(t *testing.T) {
	err := dial(t).Create(context.Background(), noKind{}, Settings{Name: "new0"})
	e, ok := errors.AsType[*NoModuleError](err)
	if !ok || e.Module != "nosuchkind" {
		t.Fatalf("got %v, want a NoModuleError", err)
	}
}
