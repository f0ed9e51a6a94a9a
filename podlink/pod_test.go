package podlink_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/internal/netns"
)

const (
	claim = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"
	alias = "hawser/" + claim + "/d0"
)

// skip ends a test that the machine cannot run; where it has to be able to,
// that is a failure.
func skip(t *testing.T, cause string, err error) {
	t.Helper()
	if os.Getenv("HAWSER_KERNEL") == "full" {
		t.Fatalf("%s: %v", cause, err)
	}
	t.Skipf("%s: %v", cause, err)
}

// pod is a fresh network namespace, which the test's thread is in, and a
// plugin directory with a record.
type pod struct {
	t      *testing.T
	host   uint64
	dir    string
	record string
	driver *net.UnixConn
}

func newPod(t *testing.T) *pod {
	t.Helper()
	host, err := netns.Current()
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // for good: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		skip(t, "no network namespace can be made, run as root", err)
	}
	p := &pod{t: t, host: host, dir: t.TempDir()}
	p.record = filepath.Join(p.dir, "claims", claim+record.Suffix)
	if err := os.Mkdir(filepath.Dir(p.record), 0o700); err != nil {
		t.Fatal(err)
	}
	socket := &net.UnixAddr{Name: filepath.Join(p.dir, report.SocketName), Net: "unixgram"}
	if p.driver, err = net.ListenUnixgram("unixgram", socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.driver.Close() })
	return p
}

// link makes a link as the runtime leaves it: in the pod, with the owner mark.
func (p *pod) link(name, alias string) netlink.Link {
	p.t.Helper()
	l := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "p" + name}
	if err := netlink.LinkAdd(l); err != nil {
		skip(p.t, "kernel has no veth", err)
	}
	made, err := netlink.LinkByName(name)
	if err == nil && alias != "" {
		err = netlink.LinkSetAlias(made, alias)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return made
}

// write makes the claim's record: one device, net1, with these addresses.
func (p *pod) write(addresses ...string) {
	p.t.Helper()
	var s layer3.Settings
	for _, a := range addresses {
		s.Addresses = append(s.Addresses, layer3.Address{Address: a})
	}
	p.writeSettings(s)
}

// set makes the claim's record of settings as a user writes them, in JSON.
func (p *pod) set(settings string) {
	p.t.Helper()
	var s layer3.Settings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		p.t.Fatal(err)
	}
	p.writeSettings(s)
}

func (p *pod) writeSettings(s layer3.Settings) {
	p.t.Helper()
	r := &record.Record{
		Version:   record.Version,
		Claim:     record.Claim{UID: claim, Namespace: "default", Name: "data"},
		HostNetns: p.host,
		Devices: []record.Device{{
			Key: "d0", Request: "nic", Pool: "node1", Device: "netdev-virtual", Config: []byte("{}"),
			Link: &record.Link{Name: "net1", HostName: "hwd0", Alias: alias, Settings: s},
		}},
	}
	p.writeRecord(r)
}

func (p *pod) writeRecord(r *record.Record) {
	p.t.Helper()
	b, err := r.Marshal()
	if err != nil {
		p.t.Fatal(err)
	}
	p.writeRaw(b)
}

func (p *pod) readRaw() []byte {
	p.t.Helper()
	b, err := os.ReadFile(p.record)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

func (p *pod) writeRaw(b []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.record, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// add gives a link an address as a program in the pod would.
func (p *pod) add(l netlink.Link, address string) {
	p.t.Helper()
	a, err := netlink.ParseAddr(address)
	if err == nil {
		a.Flags = unix.IFA_F_NODAD
		err = netlink.AddrAdd(l, a)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// addresses of a link, sorted; link-local ones are returned as "link-local".
func (p *pod) addresses(l netlink.Link) (all []string) {
	p.t.Helper()
	list, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, a := range list {
		if a.Flags&unix.IFA_F_TENTATIVE != 0 {
			p.t.Errorf("%s is tentative: nothing can bind to it", a.IPNet)
		}
		if a.IP.IsLinkLocalUnicast() {
			all = append(all, "link-local")
			continue
		}
		if a.Flags&unix.IFA_F_PERMANENT == 0 {
			p.t.Errorf("%s will expire", a.IPNet)
		}
		all = append(all, a.IPNet.String())
	}
	slices.Sort(all)
	return all
}

func (p *pod) has(l netlink.Link, want ...string) {
	p.t.Helper()
	slices.Sort(want)
	if got := p.addresses(l); !slices.Equal(got, want) {
		p.t.Errorf("%s has %v, want %v", l.Attrs().Name, got, want)
	}
}

// report returns what podlink told the driver.
func (p *pod) report() report.Report {
	p.t.Helper()
	buf := make([]byte, report.MaxSize)
	_ = p.driver.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := p.driver.Read(buf)
	if err != nil {
		p.t.Fatalf("no report: %v", err)
	}
	r, err := report.Parse(buf[:n])
	if err != nil {
		p.t.Fatal(err)
	}
	if r.End.Before(r.Start) || time.Since(r.Start) > time.Minute {
		p.t.Errorf("times are %v to %v", r.Start, r.End)
	}
	return r
}

func parseNet(t *testing.T, s string) *net.IPNet {
	t.Helper()
	_, n, err := net.ParseCIDR(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
