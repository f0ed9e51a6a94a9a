package netagent_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/agentcontract"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
)

// The test node's cards beside its uplink eth0.
const (
	physical = "eth1" // igb, 7 virtual functions
	virtio   = "eth2"
	e1000e   = "eth3"
)

// lending runs a netagent that may lend the node's cards.
func lending(t testing.TB) *agent {
	t.Helper()
	return start(t, func(c *netagent.Config) { c.AllowDevices = []string{"eth*"}; c.AllowParents = []string{"eth*"} })
}

// function is a virtual function on the host.
type function struct {
	index   int
	address string
	link    string
}

// functions makes virtual functions and takes them away after the test.
func functions(t testing.TB, n int) []function {
	t.Helper()
	quiet(t)
	sh(t, "ip link set "+physical+" up && echo "+string(rune('0'+n))+" >/sys/class/net/"+physical+"/device/sriov_numvfs")
	t.Cleanup(func() {
		sh(t, "echo 0 >/sys/class/net/"+physical+"/device/sriov_numvfs && ip link set "+physical+" down")
	})
	eventually(t, "the card has a carrier, which its rates need", func() bool {
		b, err := os.ReadFile("/sys/class/net/" + physical + "/carrier")
		return err == nil && strings.TrimSpace(string(b)) == "1"
	})
	var list []function
	for i := range n {
		dir := "/sys/class/net/" + physical + "/device/virtfn" + string(rune('0'+i))
		target, err := os.Readlink(dir)
		if err != nil {
			t.Fatal(err)
		}
		f := function{index: i, address: filepath.Base(target)}
		eventually(t, "the function has a link", func() bool {
			links, _ := filepath.Glob(dir + "/net/*")
			if len(links) == 1 {
				f.link = filepath.Base(links[0])
			}
			return f.link != ""
		})
		list = append(list, f)
	}
	return list
}

// quiet keeps the cards from taking an address of the emulated network: with one
// the node uses them.
func quiet(t testing.TB) {
	t.Helper()
	sh(t, "for c in all default "+physical+" "+virtio+" "+e1000e+"; do echo 0 >/proc/sys/net/ipv6/conf/$c/accept_ra; done")
}

func (f function) request(key string, set func(*netagentv1.SriovVf)) *netagentv1.DeviceRequest {
	vf := &netagentv1.SriovVf{PciAddress: f.address, Parent: physical, VfIndex: uint32(f.index)}
	if set != nil {
		set(vf)
	}
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: vf}}
}

func nicRequest(name string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: &netagentv1.HostDevice{Name: name}}}
}

func sh(t testing.TB, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// everChanging is what `ip link` tells that is not part of how a link is: its
// index, what follows from being up or from the wire, and what igbvf takes for the
// burned-in address: the one that it met at its last reset.
var everChanging = regexp.MustCompile(`(?m)^\d+: |qdisc \S+|\bstate \S+|\bmode \S+|NO-CARRIER,|,LOWER_UP|permaddr \S+ `)

// asIs is all that the kernel says of links, those of virtual functions and their
// card's settings too.
func asIs(t testing.TB, links ...string) string {
	t.Helper()
	var b strings.Builder
	for _, l := range links {
		b.WriteString(everChanging.ReplaceAllString(sh(t, "ip -d link show dev "+l), ""))
	}
	return b.String()
}

// card is the line of `ip link` with a function's settings.
func card(t testing.TB, f function) string {
	t.Helper()
	for line := range strings.Lines(sh(t, "ip link show dev "+physical)) {
		if strings.HasPrefix(strings.TrimSpace(line), "vf "+string(rune('0'+f.index))+" ") {
			return line
		}
	}
	t.Fatalf("the card has no function %d", f.index)
	return ""
}

func wantAsIs(t testing.TB, before string, links ...string) {
	t.Helper()
	if diff := cmp.Diff(before, asIs(t, links...)); diff != "" {
		t.Errorf("links are not as before (-before +now):\n%s", diff)
	}
}

func ptr[T any](v T) *T { return &v }

// allSettings are those that the test node's card has.
func allSettings(vf *netagentv1.SriovVf) {
	vf.MacAddress, vf.Mtu = mac, ptr(uint32(1400))
	vf.Vlan, vf.VlanQos, vf.VlanProtocol = ptr(uint32(5)), ptr(uint32(3)), ptr(netagentv1.VlanProtocol_VLAN_PROTOCOL_8021Q)
	vf.SpoofCheck, vf.Trust, vf.MaxTxRate = ptr(false), ptr(true), ptr(uint32(100))
}

// wantSettings reads on the card, and on the link, what allSettings asks for.
func wantSettings(t testing.TB, f function, l *netlink.LinkAttrs) {
	t.Helper()
	line := card(t, f)
	for _, want := range []string{"link/ether 02:00:00:00:00:17", "vlan 5, qos 3", "max_tx_rate 100Mbps", "spoof checking off", "trust on"} {
		if !strings.Contains(line, want) {
			t.Errorf("the card has %q, want %s", line, want)
		}
	}
	if l.MTU != 1400 || l.HardwareAddr.String() != "02:00:00:00:00:17" {
		t.Errorf("link has MTU %d, MAC %s", l.MTU, l.HardwareAddr)
	}
}

// TestVirtualFunction lends a function with every setting that the card has, to
// one pod after another, and reads each back.
func TestVirtualFunction(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 2)[0]
	sh(t, "ip link set "+f.link+" alias own && ip link property add dev "+f.link+" altname own0 && ip link set "+f.link+" txqueuelen 500")
	before := asIs(t, f.link, physical)
	a := lending(t)
	w := a.watch()
	claim := uuid.NewString()
	request := f.request("a", allSettings)

	first := a.attach(claim, request)[0].GetLink()
	if first.GetName() != f.link || first.GetAlias() != "hawser/"+claim+"/a" {
		t.Errorf("lent as %v", first)
	}
	l := testns.Get(t, f.link).Attrs()
	wantSettings(t, f, l)
	if l.Alias != first.GetAlias() || l.RawFlags&1 != 0 {
		t.Errorf("alias %q, flags %x", l.Alias, l.RawFlags)
	}
	if again := a.attach(claim, request)[0].GetLink(); again.String() != first.String() {
		t.Errorf("a repeat has another answer: %v", again)
	}
	for range 2 { // the sandbox is made again
		w.want(claim, netagentv1.Location_LOCATION_HOST)
		pod := testns.NewPod(t)
		pod.Take(f.link, "net1")
		w.want(claim, netagentv1.Location_LOCATION_POD)
		wantSettings(t, f, pod.Get("net1").Attrs())
		if at := a.attach(claim, request)[0]; at.GetLocation() != netagentv1.Location_LOCATION_POD {
			t.Errorf("attached in a pod: %v", at)
		}
		spoil(t, pod)
		pod.Close()
	}
	w.want(claim, netagentv1.Location_LOCATION_HOST)
	l = testns.Get(t, f.link).Attrs()
	wantSettings(t, f, l)
	if l.Alias != first.GetAlias() || l.TxQLen != 500 || l.RawFlags&1 != 0 || l.Group != 0 {
		t.Errorf("at home: alias %q, queue %d, flags %x, group %d", l.Alias, l.TxQLen, l.RawFlags, l.Group)
	}
	a.detach(claim)
	a.detach(claim)
	wantAsIs(t, before, f.link, physical)
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

// spoil does in a pod what its NET_ADMIN could.
func spoil(t testing.TB, pod *testns.Pod) {
	t.Helper()
	l, h := pod.Get("net1"), pod.Handle()
	for what, err := range map[string]error{
		"down":        h.LinkSetDown(l),
		"name":        h.LinkSetName(l, "stolen"),
		"alias":       h.LinkSetAlias(l, "hawser/forged/a"),
		"altname":     h.LinkAddAltName(l, "eth7"),
		"group":       h.LinkSetGroup(l, 7),
		"MTU":         h.LinkSetMTU(l, 1300),
		"queue":       h.LinkSetTxQLen(l, 7),
		"promiscuous": h.SetPromiscOn(l),
		"up":          h.LinkSetUp(l),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestSettingsTheCardLacks are refused by name, after others were set already:
// nothing of those is left.
func TestSettingsTheCardLacks(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	before := asIs(t, f.link, physical)
	a := lending(t)
	for field, set := range map[string]func(*netagentv1.SriovVf){
		"sriov_vf.min_tx_rate":   func(vf *netagentv1.SriovVf) { vf.MinTxRate = ptr(uint32(10)) },
		"sriov_vf.link_state":    func(vf *netagentv1.SriovVf) { vf.LinkState = ptr(netagentv1.VfLinkState_VF_LINK_STATE_DISABLE) },
		"sriov_vf.vlan_protocol": func(vf *netagentv1.SriovVf) { vf.VlanProtocol = ptr(netagentv1.VlanProtocol_VLAN_PROTOCOL_8021AD) },
	} {
		_, err := a.tryAttach(uuid.NewString(), f.request("a", func(vf *netagentv1.SriovVf) { allSettings(vf); set(vf) }))
		if err == nil || !strings.Contains(err.Error(), field+" ") || !strings.Contains(err.Error(), "does not support it") {
			t.Errorf("%s: %v", field, err)
		}
		wantAsIs(t, before, f.link, physical)
		if left := a.journal(); len(left) != 0 {
			t.Fatalf("%s: journal left: %v", field, left)
		}
	}
}

// TestGivenAddress has an address that the operator gave a function: it is as
// given after a claim that had another one.
func TestGivenAddress(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	sh(t, "ip link set "+physical+" vf 0 mac 02:00:00:00:00:99 vlan 7")
	before := asIs(t, f.link, physical)
	a := lending(t)
	for _, settings := range []func(*netagentv1.SriovVf){allSettings, nil} {
		claim := uuid.NewString()
		a.attach(claim, f.request("a", settings))
		pod := testns.NewPod(t)
		pod.Take(f.link, "net1")
		pod.Close()
		a.detach(claim)
		wantAsIs(t, before, f.link, physical)
	}
}

// TestTwoOfOneName gives back functions that were both called net1, by a netagent
// that was not there when they came home.
func TestTwoOfOneName(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	both := functions(t, 2)
	before := asIs(t, both[0].link, both[1].link, physical)
	a := lending(t)
	claims := []string{uuid.NewString(), uuid.NewString()}
	var pods []*testns.Pod
	for i, f := range both {
		a.attach(claims[i], f.request("a", allSettings))
		pods = append(pods, testns.NewPod(t))
		pods[i].Take(f.link, "net1")
	}
	a.watch().want(claims[0], netagentv1.Location_LOCATION_POD)
	a.stop()
	for _, p := range pods {
		p.Close()
	}
	eventually(t, "both are home", func() bool {
		links, _ := filepath.Glob("/sys/class/net/" + physical + "/device/virtfn*/net/*")
		return len(links) == 2
	})
	a.start()
	w := a.watch()
	for i, f := range both {
		w.want(claims[i], netagentv1.Location_LOCATION_HOST)
		wantSettings(t, f, testns.Get(t, f.link).Attrs())
		a.detach(claims[i])
	}
	wantAsIs(t, before, both[0].link, both[1].link, physical)
}

// TestDetachBeforeItIsHome waits for the end of the pod's namespace; where it
// does not come in time, the link is given back when it does.
func TestDetachBeforeItIsHome(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	before := asIs(t, f.link, physical)
	a := lending(t)
	claim := uuid.NewString()
	a.attach(claim, f.request("a", allSettings))
	pod := testns.NewPod(t)
	pod.Take(f.link, "net1")
	done := make(chan struct{})
	go func() { defer close(done); a.detach(claim) }()
	eventually(t, "the detach waits", func() bool {
		b, _ := os.ReadFile(filepath.Join(a.config.JournalDir, claim+".a.json"))
		return strings.Contains(string(b), `"leaving":true`)
	})
	pod.Close()
	<-done
	wantAsIs(t, before, f.link, physical)

	a.attach(claim, f.request("a", allSettings))
	pod = testns.NewPod(t)
	pod.Take(f.link, "net1")
	late, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if _, err := a.client.Detach(late, &netagentv1.DetachRequest{ClaimUid: claim}); err == nil {
		t.Error("detached while the pod has it")
	}
	pod.Close()
	eventually(t, "it is given back", func() bool { return len(a.journal()) == 0 })
	wantAsIs(t, before, f.link, physical)
	a.detach(claim)
}

// TestBorrowedContract holds netagent to what the driver's tests believe of it.
func TestBorrowedContract(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	for name, request := range map[string]*netagentv1.DeviceRequest{f.link: f.request("d0", nil), e1000e: nicRequest(e1000e)} {
		request.Key = "d0"
		a := lending(t)
		w := a.watch()
		agentcontract.TestBorrowed(t, calls{a.client}, request, func(string) {
			pod := testns.NewPod(t)
			pod.Take(name, "net1")
			w.want(agentcontract.ClaimUID, netagentv1.Location_LOCATION_POD)
			pod.Close()
			w.want(agentcontract.ClaimUID, netagentv1.Location_LOCATION_HOST)
		})
	}
}

// calls are netagent's as the driver's client has them.
type calls struct{ netagentv1.NetAgentClient }

func (c calls) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return c.NetAgentClient.Attach(ctx, req)
}

func (c calls) Detach(ctx context.Context, claim string) error {
	_, err := c.NetAgentClient.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claim})
	return err
}
