package podlink_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/internal/netns"
	"github.com/hawser-dra/hawser/podlink"
)

func (p *pod) run() error {
	return podlink.Run(podlink.Config{Record: p.record, Device: "d0"})
}

func (p *pod) succeeds() {
	p.t.Helper()
	if err := p.run(); err != nil {
		p.t.Fatal(err)
	}
	if r := p.report(); r.Outcome != report.Ready || r.Error != "" {
		p.t.Errorf("reported %+v", r)
	}
}

func (p *pod) fails(outcome report.Outcome, want string) {
	p.t.Helper()
	err := p.run()
	if err == nil || !strings.Contains(err.Error(), want) {
		p.t.Fatalf("got error %v, want one with %q", err, want)
	}
	if strings.Contains(err.Error(), "\n") {
		p.t.Errorf("error has more than one line: %q", err)
	}
	if r := p.report(); r.Outcome != outcome || r.Error != err.Error() {
		p.t.Errorf("reported %+v, want %s with the error", r, outcome)
	}
}

func TestReady(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	other := p.link("eth0", "")
	p.add(other, "198.51.100.1/24")
	p.write("192.0.2.10/24", "2001:db8::10/64")
	for range 3 { // a container restart is no different
		if err := p.run(); err != nil {
			t.Fatal(err)
		}
		r := p.report()
		if r.Outcome != report.Ready || r.ClaimUID != claim || r.Device != "d0" || r.Interface != "net1" || r.MAC != l.Attrs().HardwareAddr.String() {
			t.Errorf("reported %+v", r)
		}
		slices.Sort(r.Addresses)
		if !slices.Equal(r.Addresses, []string{"192.0.2.10/24", "2001:db8::10/64"}) {
			t.Errorf("reported addresses %v", r.Addresses)
		}
		p.has(l, "192.0.2.10/24", "2001:db8::10/64")
	}
	if l, err := netlink.LinkByName("net1"); err != nil || l.Attrs().Flags&unix.IFF_UP == 0 {
		t.Errorf("net1 is not up: %v", err)
	}
	if l, err := netlink.LinkByName("eth0"); err != nil || l.Attrs().Flags&unix.IFF_UP != 0 {
		t.Errorf("eth0 was touched: %v", err)
	}
	p.has(other, "198.51.100.1/24")
}

func TestAddressesThatPodlinkSetAreReplaced(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	p.write("192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64", "2001:db8::11/64")
	p.succeeds()
	p.add(l, "203.0.113.7/32") // the pod's own
	p.add(l, "2001:db8:7::7/128")
	p.write("192.0.2.11/24", "192.0.2.12/25", "2001:db8::11/64", "2001:db8::12/64")
	p.succeeds()
	p.has(l, "192.0.2.11/24", "192.0.2.12/25", "2001:db8::11/64", "2001:db8::12/64", "203.0.113.7/32", "2001:db8:7::7/128")
}

func TestWrongPrefixLengthIsReplaced(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	p.add(l, "192.0.2.10/16")
	p.add(l, "2001:db8::10/128")
	p.write("192.0.2.10/24", "2001:db8::10/64")
	p.succeeds()
	p.has(l, "192.0.2.10/24", "2001:db8::10/64")
}

func TestExpiringAddressIsMadePermanent(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	for _, s := range []string{"192.0.2.10/24", "2001:db8::10/64"} {
		a, err := netlink.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		a.Flags, a.ValidLft, a.PreferedLft = unix.IFA_F_NODAD, 100, 50
		if err := netlink.AddrAdd(l, a); err != nil {
			t.Fatal(err)
		}
	}
	p.write("192.0.2.10/24", "2001:db8::10/64")
	p.succeeds()
	p.has(l, "192.0.2.10/24", "2001:db8::10/64")
}

func TestLinkLocalStays(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	p.add(l, "169.254.1.1/32")
	p.add(l, "fe80::1234/64")
	p.write()
	p.succeeds()
	if got := p.addresses(l); !slices.Equal(got, []string{"link-local", "link-local"}) {
		t.Errorf("net1 has %v", got)
	}
}

func TestDoor(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		p := newPod(t)
		p.write("192.0.2.10/24")
		p.fails(report.Refused, "claim default/data: interface net1 is not in this pod: "+
			"it is in use by another pod or being made again; the kubelet retries")
	})
	t.Run("another claim's", func(t *testing.T) {
		p := newPod(t)
		l := p.link("net1", "hawser/another/d0")
		p.write("192.0.2.10/24")
		p.fails(report.Refused, `its alias is "hawser/another/d0", must be "`+alias+`"`)
		p.has(l)
	})
	t.Run("nobody's", func(t *testing.T) {
		p := newPod(t)
		p.link("net1", "")
		p.write()
		p.fails(report.Refused, "is not the claim's")
	})
	t.Run("alternative name", func(t *testing.T) {
		p := newPod(t)
		l := p.link("other", alias)
		if err := netlink.LinkAddAltName(l, "net1"); err != nil {
			skip(t, "kernel has no alternative names", err)
		}
		p.write()
		p.fails(report.Refused, "net1 is not in this pod")
	})
}

func TestHostNamespaceIsRefused(t *testing.T) {
	p := newPod(t)
	var err error
	if p.host, err = netns.Current(); err != nil {
		t.Fatal(err)
	}
	l := p.link("net1", alias)
	p.write("192.0.2.10/24")
	p.fails(report.Refused, "the pod uses the host's network")
	p.has(l)
}

func TestNoIPv6InThePod(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/net1/disable_ipv6", []byte("1"), 0); err != nil {
		skip(t, "IPv6 cannot be turned off", err)
	}
	p.write("192.0.2.10/24", "2001:db8::10/64")
	p.fails(report.Failed, "netdev.addresses[1]: 2001:db8::10/64 cannot be set on net1: IPv6 is off in this pod, "+
		"sysctl net.ipv6.conf.net1.disable_ipv6 is 1")
	p.has(l, "192.0.2.10/24")
}

func TestWithoutDriver(t *testing.T) {
	p := newPod(t)
	p.link("net1", alias)
	p.write("192.0.2.10/24")
	_ = p.driver.Close()
	if err := p.run(); err != nil {
		t.Error(err)
	}
}
