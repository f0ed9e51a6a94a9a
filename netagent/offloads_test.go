package netagent_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/internal/testns"
)

// TestOffloads gives each of the node's cards back with features, private flags,
// rings, channels, coalescing, sizes, queue and flags as they were, whatever of
// them podlink or the pod has changed: while netagent sees it, and while it is
// away.
func TestOffloads(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	quiet(t)
	for name, has := range map[string][]string{
		virtio:   {"features", "rings"},
		e1000e:   {"coalesce", "features", "rings"},
		physical: {"coalesce", "features", "privateFlags", "rings"}, // igb
	} {
		t.Run(name, func(t *testing.T) { testOffloads(t, name, nicRequest(name), has) })
	}
	t.Run("virtual function", func(t *testing.T) {
		f := functions(t, 1)[0]
		testOffloads(t, f.link, f.request("a", nil), []string{"coalesce", "features", "rings"})
	})
}

// testOffloads lends one card twice. has is what of its driver's own can be
// changed, at least: how many channels there are depends on the machine.
func testOffloads(t *testing.T, link string, request *netagentv1.DeviceRequest, has []string) {
	sh(t, "ip link set "+link+" txqueuelen 500 gso_max_size 60000 gro_max_size 61000")
	driver := driverOf(t, link)
	before := asIs(t, link) + driver
	a := lending(t)
	w := a.watch()
	claim := uuid.NewString()
	for _, away := range []bool{false, true} {
		a.attach(claim, request)
		pod := testns.NewPod(t)
		pod.Take(link, "net1")
		w.want(claim, netagentv1.Location_LOCATION_POD)
		changed := retune(t, pod)
		for _, group := range has {
			if !slices.Contains(changed, group) {
				t.Errorf("of the driver's own %v were changed, want %v", changed, has)
			}
		}
		if away {
			a.stop()
		}
		pod.Close()
		if away {
			eventually(t, "it is home", func() bool { _, err := netlink.LinkByName("net1"); return err == nil })
			a.start()
			w = a.watch()
		}
		w.want(claim, netagentv1.Location_LOCATION_HOST)
		if diff := cmp.Diff(driver, driverOf(t, link)); diff != "" {
			t.Errorf("ready for the claim again, -before +now:\n%s", diff)
		}
		a.detach(claim)
		if diff := cmp.Diff(before, asIs(t, link)+driverOf(t, link)); diff != "" {
			t.Errorf("given back, -before +now:\n%s", diff)
		}
	}
}

// driverOf is what ethtool tells of a link of the host, and the sizes that older
// versions of `ip` do not.
func driverOf(t testing.TB, link string) string {
	t.Helper()
	b, err := json.MarshalIndent(readDriver(t, link), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	a := testns.Get(t, link).Attrs()
	return fmt.Sprintf("%s\ngso %d %d %d, gro %d %d", b, a.GSOMaxSize, a.GSOMaxSegs, a.GSOIPv4MaxSize, a.GROMaxSize, a.GROIPv4MaxSize)
}

func readDriver(t testing.TB, link string) ethtool.State {
	t.Helper()
	d, err := ethtool.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// retune changes in a pod all that can be changed of net1, one setting after the
// other, and returns what of its driver's own was.
func retune(t testing.TB, pod *testns.Pod) (groups []string) {
	t.Helper()
	l, h := pod.Get("net1"), pod.Handle()
	for what, err := range map[string]error{
		"queue":         h.LinkSetTxQLen(l, 7),
		"promiscuous":   h.SetPromiscOn(l),
		"all multicast": h.LinkSetAllmulticastOn(l),
		"gso":           h.LinkSetGSOMaxSize(l, 3000),
		"gro":           h.LinkSetGROMaxSize(l, 3000),
		"gso of IPv4":   h.LinkSetGSOIPv4MaxSize(l, 4000),
		"gro of IPv4":   h.LinkSetGROIPv4MaxSize(l, 4000),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	changed := map[string]bool{}
	err := pod.Do(func() error {
		d, err := ethtool.Open("net1")
		if err != nil {
			return err
		}
		defer d.Close()
		was, err := d.Read()
		if err != nil {
			return err
		}
		for _, s := range others(was) {
			if err := d.Restore(s); err != nil {
				t.Log("the driver does not take it: ", err)
			}
		}
		now, err := d.Read()
		changed["features"] = !maps.Equal(was.Features, now.Features)
		changed["privateFlags"] = !maps.Equal(was.PrivateFlags, now.PrivateFlags)
		changed["rings"] = !maps.Equal(was.Rings, now.Rings)
		changed["channels"] = !maps.Equal(was.Channels, now.Channels)
		changed["coalesce"] = !maps.Equal(was.Coalesce, now.Coalesce)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for group, is := range changed {
		if is {
			groups = append(groups, group)
		}
	}
	return slices.Sorted(slices.Values(groups))
}

// others are other values of each setting, alone.
func others(s ethtool.State) (list []ethtool.State) {
	for name, on := range s.Features {
		list = append(list, ethtool.State{Features: map[string]bool{name: !on}})
	}
	for name, on := range s.PrivateFlags {
		list = append(list, ethtool.State{PrivateFlags: map[string]bool{name: !on}})
	}
	for name, n := range s.Rings {
		list = append(list, ethtool.State{Rings: map[string]uint32{name: n / 2}})
	}
	for name, n := range s.Channels {
		list = append(list, ethtool.State{Channels: map[string]uint32{name: n - 1}})
	}
	for name := range s.Coalesce {
		list = append(list, ethtool.State{Coalesce: map[string]uint32{name: 100}})
	}
	return list
}
