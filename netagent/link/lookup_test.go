package link

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/testns"
)

func TestLookupInPod(t *testing.T) {
	c, ctx := dial(t), context.Background()
	testns.Uplink(t, "up0", 1500)
	l, err := c.ByName(ctx, "up0")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAlias(ctx, l.Index, "a mark"); err != nil {
		t.Fatal(err)
	}
	events := subscribe(t)
	pod := testns.NewPod(t)
	pod.Take("up0", "net1")
	gone := events.gone(l.Index)
	if gone.To == Host {
		t.Fatal("the event does not say where the link went")
	}

	namespaces, err := c.Namespaces(ctx)
	if err != nil || !slices.Contains(namespaces, gone.To) {
		t.Fatalf("namespaces %v (%v) lack %d", namespaces, err, gone.To)
	}
	in, err := c.ByIndex(ctx, gone.To, gone.NewIn)
	if err != nil || in.Name != "net1" || in.Alias != "a mark" || in.Kind != "veth" {
		t.Fatalf("in the pod: %+v, %v", in, err)
	}
	list, err := c.List(ctx, gone.To)
	if err != nil || !slices.ContainsFunc(list, func(l Link) bool { return l.Name == "net1" }) {
		t.Fatalf("links in the pod: %+v, %v", list, err)
	}
	if err := c.Delete(ctx, gone.To, gone.NewIn); err != nil {
		t.Fatal(err)
	}
	pod.Close()
	events.namespaceGone(gone.To)
	for what, err := range map[string]error{
		"look up": second(c.ByIndex(ctx, gone.To, gone.NewIn)),
		"list":    second(c.List(ctx, gone.To)),
		"delete":  c.Delete(ctx, gone.To, gone.NewIn),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s in a namespace that ended: %v, want ErrNotFound", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLookupOfNothing(t *testing.T) {
	c, ctx := dial(t), context.Background()
	if _, err := c.ByName(ctx, "nothing"); !errors.Is(err, ErrNotFound) {
		t.Errorf("by name: %v, want ErrNotFound", err)
	}
	if _, err := c.ByIndex(ctx, Host, 4711); !errors.Is(err, ErrNotFound) {
		t.Errorf("by index: %v, want ErrNotFound", err)
	}
}

func TestKernelTextInErrors(t *testing.T) {
	c := dial(t)
	err := c.Create(context.Background(), Macvlan{Parent: 1, Mode: MacvlanBridge}, Settings{Name: "new0", MTU: 70000})
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, unix.EINVAL) {
		t.Fatalf("got %v, want EINVAL in an Error", err)
	}
	t.Log(e)
}

func TestUse(t *testing.T) {
	c, ctx := dial(t), context.Background()
	four, six := testns.Uplink(t, "up4", 1500), testns.Uplink(t, "up6", 1500)
	none := testns.Uplink(t, "up0", 1500)
	for l, cidr := range map[netlink.Link]string{four: "192.0.2.1/24", six: "2001:db8::1/64"} {
		a, err := netlink.ParseAddr(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := netlink.AddrAdd(l, a); err != nil {
			t.Fatal(err)
		}
		r := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: nil, Gw: a.IP.To16()}
		r.Gw[len(r.Gw)-1] = 254
		if err := netlink.RouteAdd(r); err != nil {
			t.Fatal(err)
		}
	}
	for what, read := range map[string]func(context.Context) (Set, error){"routed": c.Routed, "addressed": c.Addressed} {
		set, err := read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !set[four.Attrs().Index] || !set[six.Attrs().Index] || set[none.Attrs().Index] {
			t.Errorf("%s: %v, want %d and %d, not %d", what, set,
				four.Attrs().Index, six.Attrs().Index, none.Attrs().Index)
		}
	}
}

func TestExpiredContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := dial(t).ByName(ctx, "lo"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}
