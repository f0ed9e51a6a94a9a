package ethtool_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/internal/testns"
)

// veth opens a new one: it has features, some of them fixed, and channels, but no
// rings, coalescing or private flags.
func veth(t *testing.T) *ethtool.Device {
	t.Helper()
	testns.Add(t, &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "v0", NumTxQueues: 4, NumRxQueues: 4}, PeerName: "v1"})
	return open(t, "v0")
}

func open(t *testing.T, name string) *ethtool.Device {
	t.Helper()
	d, err := ethtool.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func read(t *testing.T, d *ethtool.Device) ethtool.State {
	t.Helper()
	s, err := d.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestApplyAndRestore(t *testing.T) {
	d := veth(t)
	was := read(t, d)
	if was.Rings != nil || was.Coalesce != nil || len(was.PrivateFlags) > 0 || was.Channels["rx"] == 0 {
		t.Errorf("a veth has %+v", was)
	}
	if _, fixed := was.Features["loopback"]; fixed {
		t.Error("a feature that is fixed is among those that can be changed")
	}
	want := ethtool.State{
		Features: map[string]bool{"rx-gro": !was.Features["rx-gro"], "tx-tcp-segmentation": false, "tx-nocache-copy": true, "loopback": false},
		Channels: map[string]uint32{"tx": 2},
	}
	for range 2 {
		if err := d.Apply(want); err != nil {
			t.Fatal(err)
		}
		now := read(t, d)
		for name, on := range want.Features {
			if now.Features[name] != on {
				t.Errorf("%s is %v", name, now.Features[name])
			}
		}
		if now.Channels["tx"] != 2 || now.Channels["rx"] != was.Channels["rx"] {
			t.Errorf("channels %v", now.Channels)
		}
	}
	if err := d.Restore(was); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, read(t, d)); diff != "" {
		t.Errorf("-was +restored:\n%s", diff)
	}
}

// TestRefused names what the device does not have, and what it has, and sets the
// rest.
func TestRefused(t *testing.T) {
	d := veth(t)
	for name, tc := range map[string]struct {
		set  ethtool.State
		want []string
	}{
		"unknown feature": {ethtool.State{Features: map[string]bool{"tx-tcp-segmentatoin": true}},
			[]string{"ethtool.features[tx-tcp-segmentatoin]: true: the device has no such feature; it can change tx-tcp-segmentation, ", " more"}},
		"fixed feature":  {ethtool.State{Features: map[string]bool{"loopback": true}}, []string{"ethtool.features[loopback]: true: the device has it fixed"}},
		"needs another":  {ethtool.State{Features: map[string]bool{"tx-scatter-gather": false, "tx-generic-segmentation": true}}, []string{"ethtool.features[tx-generic-segmentation]: true: the kernel takes it and it has no effect"}},
		"private flag":   {ethtool.State{PrivateFlags: map[string]bool{"fast": true}}, []string{"ethtool.privateFlags[fast]: true: the device has no such flag; it has none"}},
		"rings":          {ethtool.State{Rings: map[string]uint32{"rx": 64}}, []string{"ethtool.rings.rx: 64: the device has no ring sizes to set"}},
		"coalescing":     {ethtool.State{Coalesce: map[string]uint32{"rxUsecs": 0}}, []string{"ethtool.coalesce.rxUsecs: 0: the device has no coalescing to set"}},
		"channel bound":  {ethtool.State{Channels: map[string]uint32{"tx": 99}}, []string{"ethtool.channels.tx: 99: invalid argument: the device has at most 4"}},
		"absent channel": {ethtool.State{Channels: map[string]uint32{"combined": 1}}, []string{"ethtool.channels.combined: 1: the device has none, only rx, tx"}},
	} {
		t.Run(name, func(t *testing.T) {
			was := read(t, d)
			tc.set.Features = with(tc.set.Features, "tx-nocache-copy", !was.Features["tx-nocache-copy"])
			err := d.Apply(tc.set)
			if _, ok := errors.AsType[*ethtool.Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if read(t, d).Features["tx-nocache-copy"] == was.Features["tx-nocache-copy"] {
				t.Error("the rest is not set")
			}
			if err := d.Restore(was); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func with(m map[string]bool, name string, on bool) map[string]bool {
	if m == nil {
		m = map[string]bool{}
	}
	m[name] = on
	return m
}

func TestNoDevice(t *testing.T) {
	testns.Require(t)
	d := open(t, "none")
	if _, err := d.Read(); !errors.Is(err, unix.ENODEV) {
		t.Errorf("read: %v", err)
	}
	if err := d.Apply(ethtool.State{Features: map[string]bool{"rx-gro": true}}); !errors.Is(err, unix.ENODEV) {
		t.Errorf("apply: %v", err)
	}
	for _, name := range []string{"", "0123456789abcdef"} {
		if _, err := ethtool.Open(name); err == nil {
			t.Errorf("opened %q", name)
		}
	}
}
