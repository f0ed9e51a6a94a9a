package netagent_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

// devices returns what the node has to lend, by name.
func (a *agent) devices() map[string]*netagentv1.NodeDevice {
	a.t.Helper()
	time.Sleep(50 * time.Millisecond) // the door lets no more than 100 calls a second in
	ctx, cancel := context.WithCancel(a.t.Context())
	defer cancel()
	stream, err := a.client.Watch(ctx, &netagentv1.WatchRequest{})
	if err != nil {
		a.t.Fatal(err)
	}
	all := map[string]*netagentv1.NodeDevice{}
	for {
		m, err := stream.Recv()
		if err != nil {
			a.t.Fatal(err)
		}
		if d := m.GetDevice(); d != nil && d.GetVirtualLinks() == nil {
			all[d.GetName()] = d
		}
		if m.GetSynced() != nil {
			return all
		}
	}
}

// links are what the node lends, as link names and as the PCI addresses of
// functions.
func (a *agent) links() string {
	a.t.Helper()
	var words []string
	for _, d := range a.devices() {
		words = append(words, d.GetNic().GetLink()+d.GetVf().GetPci().GetAddress())
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func (a *agent) wantLinks(want string) {
	a.t.Helper()
	var got string
	for range 3 { // eventually ends the test without saying what there was
		if got = a.links(); got == want {
			return
		}
		eventually(a.t, "the node lends "+want+", not "+got, func() bool { got = a.links(); return got == want })
	}
}

// TestCards lends whole network cards, each to one claim at a time.
func TestCards(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	for _, name := range []string{virtio, e1000e} {
		t.Run(name, func(t *testing.T) { testCard(t, name) })
	}
}

func testCard(t *testing.T, name string) {
	quiet(t)
	sh(t, "ip link set "+name+" up")
	before := asIs(t, name)
	a := lending(t)
	w := a.watch()
	claim, other := uuid.NewString(), uuid.NewString()
	request := nicRequest(name)
	request.GetHostDevice().Mtu, request.GetHostDevice().MacAddress = ptr(uint32(1400)), mac
	a.attach(claim, request)
	if l := testns.Get(t, name).Attrs(); l.MTU != 1400 || l.HardwareAddr.String() != "02:00:00:00:00:17" || l.RawFlags&1 != 0 {
		t.Errorf("lent with MTU %d, MAC %s, flags %x", l.MTU, l.HardwareAddr, l.RawFlags)
	}
	held := func() {
		t.Helper()
		_, err := a.tryAttach(other, nicRequest(name))
		if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "claim "+claim+" has it") {
			t.Error(text)
		}
	}
	held()
	pod := testns.NewPod(t)
	pod.Take(name, "net1")
	w.want(claim, netagentv1.Location_LOCATION_POD)
	held()
	a.wantLinks("eth1 eth2 eth3")
	spoil(t, pod)
	pod.Close()
	w.want(claim, netagentv1.Location_LOCATION_HOST)
	a.detach(claim)
	wantAsIs(t, before, name)
	if flags := testns.Get(t, name).Attrs().RawFlags; flags&1 == 0 {
		t.Error("it was up before, and is not after")
	}
	a.attach(other, nicRequest(name))
	a.detach(other)
	wantAsIs(t, before, name)
	sh(t, "ip link set "+name+" down")
}

// TestNeverLent is what a request for a device is refused for; each leaves the
// node as it was, and is not on offer.
func TestNeverLent(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	a := lending(t)
	a.wantLinks(f.address + " eth2 eth3")
	for what, c := range map[string]struct {
		set, unset string
		request    *netagentv1.DeviceRequest
		code       codes.Code
		text       string
		offered    string // what else is
	}{
		"the uplink": {request: nicRequest("eth0"), code: codes.PermissionDenied, text: "default route or an address"},
		"an altname of another": {"ip link property add dev eth0 altname eth8", "ip link property del dev eth0 altname eth8",
			nicRequest("eth8"), codes.FailedPrecondition, "no link of this name", "eth2 eth3"},
		"a default route of an object": {"echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode; ip link set eth2 up && ip nexthop add id 7 dev eth2 && ip route add default nhid 7 metric 4000",
			"echo 1 >/proc/sys/net/ipv4/nexthop_compat_mode; ip nexthop del id 7; ip link set eth2 down",
			nicRequest(virtio), codes.PermissionDenied, "the node uses it", "eth3"},
		"lo":                   {request: nicRequest("lo"), code: codes.PermissionDenied, text: "--allow-devices"},
		"no such link":         {request: nicRequest("eth99"), code: codes.FailedPrecondition, text: "no link of this name"},
		"functions of its own": {request: nicRequest(physical), code: codes.PermissionDenied, text: "1 virtual functions"},
		"a function as card":   {request: nicRequest(f.link), code: codes.PermissionDenied, text: "claim it as a sriov-vf"},
		"another card's address": {request: &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_HostDevice{
			HostDevice: &netagentv1.HostDevice{Name: virtio, PciAddress: "0000:00:1f.7"}}}, code: codes.FailedPrecondition, text: "host_device.pci_address"},
		"MTU": {request: &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_HostDevice{
			HostDevice: &netagentv1.HostDevice{Name: e1000e, Mtu: ptr(uint32(9213))}}}, code: codes.PermissionDenied, text: `host_device.mtu "9213": must be at most 9212`},
		"an address": {"ip addr add 192.0.2.1/24 dev eth2", "ip addr flush dev eth2",
			nicRequest(virtio), codes.PermissionDenied, "the node uses it", "eth3"},
		"a default route": {"ip link set eth2 up && ip route add default dev eth2 metric 4000", "ip route del default dev eth2; ip link set eth2 down",
			nicRequest(virtio), codes.PermissionDenied, "the node uses it", "eth3"},
		"a bridge's port": {"ip link add br7 type bridge && ip link set eth2 master br7", "ip link del br7",
			nicRequest(virtio), codes.PermissionDenied, "port of a bridge", "eth3"},
		"a VLAN on it": {"ip link add link eth2 name eth2.7 type vlan id 7", "ip link del eth2.7",
			nicRequest(virtio), codes.PermissionDenied, "stand on it", "eth3"},
		"what is no hardware": {"ip link add eth70 type dummy", "ip link del eth70",
			nicRequest("eth70"), codes.PermissionDenied, "not the one link of a piece of hardware", "eth2 eth3"},
		"function with another index": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.VfIndex = 1 }),
			code: codes.FailedPrecondition, text: "it is function 0 of eth1, not 1 of eth1"},
		"function of another card": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.Parent = "eth3" }),
			code: codes.FailedPrecondition, text: "it is function 0 of eth1, not 0 of eth3"},
		"a card as function": {request: &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_SriovVf{
			SriovVf: &netagentv1.SriovVf{PciAddress: pciOf(t, e1000e), Parent: physical}}}, code: codes.PermissionDenied, text: "not a virtual function"},
		"QoS of no VLAN": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.VlanQos = ptr(uint32(7)) }),
			code: codes.InvalidArgument, text: "needs a vlan of 1 to 4094"},
		"rates crossed": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.MinTxRate, vf.MaxTxRate = ptr(uint32(1000000)), ptr(uint32(999999)) }),
			code: codes.InvalidArgument, text: "must be at most max_tx_rate"},
		"a function's MTU": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.Mtu = ptr(uint32(65535)) }),
			code: codes.PermissionDenied, text: "sriov_vf.mtu"},
		"a function's address": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.MacAddress = broadcastMAC }),
			code: codes.InvalidArgument, text: "must not be multicast"},
		"no such function": {request: f.request("a", func(vf *netagentv1.SriovVf) { vf.PciAddress = "0000:7f:00.0" }),
			code: codes.FailedPrecondition, text: "the node has no link of this function"},
		"a function without its driver": {"echo " + f.address + " >/sys/bus/pci/drivers/igbvf/unbind", "echo " + f.address + " >/sys/bus/pci/drivers/igbvf/bind",
			f.request("a", nil), codes.FailedPrecondition, "vfio-pci", "eth2 eth3"},
	} {
		t.Run(what, func(t *testing.T) {
			if c.set != "" {
				sh(t, c.set)
				defer func() { sh(t, c.unset) }()
			}
			a.refuseOne(t, refusal{c.request, c.code, c.text})
			if c.offered != "" {
				if what != "a function without its driver" {
					c.offered = f.address + " " + c.offered
				}
				a.wantLinks(c.offered)
			}
		})
	}
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
	a.wantLinks(f.address + " eth2 eth3")
}

func pciOf(t testing.TB, link string) string {
	t.Helper()
	return strings.TrimSpace(sh(t, "basename $(readlink -f /sys/class/net/"+link+"/device)"))
}

// TestFollowsTheNode makes and takes away functions and carrier.
func TestFollowsTheNode(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	quiet(t)
	sh(t, "ip link set "+e1000e+" up")
	a := lending(t)
	a.wantLinks("eth1 eth2 eth3")
	t.Run("functions", func(t *testing.T) {
		all := functions(t, 3)
		a.wantLinks(all[0].address + " " + all[1].address + " " + all[2].address + " eth2 eth3")
		eventually(t, "all three have a carrier", func() bool {
			var carriers int
			for _, d := range a.devices() {
				if d.GetVf().GetCarrier() {
					carriers++
				}
			}
			return carriers == len(all)
		})
		for name, d := range a.devices() {
			vf := d.GetVf()
			if vf == nil {
				continue
			}
			if want := "vf-" + strings.NewReplacer(":", "-", ".", "-").Replace(vf.GetPci().GetAddress()); name != want ||
				vf.GetParent() != physical || vf.GetPci().GetDriver() != "igbvf" || vf.GetPci().GetVendorId() != "8086" ||
				vf.GetPci().GetRoot() == "" || vf.GetSpeed() != 1000 || len(vf.GetMacAddress()) != 0 {
				t.Errorf("%s is %v", name, d)
			}
		}
	})
	a.wantLinks("eth1 eth2 eth3")
	carrier := func() bool {
		for _, d := range a.devices() {
			if d.GetNic().GetLink() == e1000e {
				return d.GetNic().GetCarrier()
			}
		}
		return false
	}
	eventually(t, "carrier", carrier)
	sh(t, "ip link set "+e1000e+" down")
	eventually(t, "no carrier", func() bool { return !carrier() })
}

// TestNothingIsLentByDefault has a netagent that was allowed nothing.
func TestNothingIsLentByDefault(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	a := start(t, func(c *netagent.Config) { c.AllowParents = []string{"*"} })
	if got := slices.Collect(maps.Keys(a.devices())); len(got) != 0 {
		t.Errorf("lent: %v", got)
	}
	for _, r := range []*netagentv1.DeviceRequest{nicRequest(e1000e), f.request("a", nil)} {
		_, err := a.tryAttach(uuid.NewString(), r)
		wantCode(t, err, codes.PermissionDenied)
	}
}

// TestFunctionsAtStart makes what the operator asks for, and leaves a card that
// has another number as it is.
func TestFunctionsAtStart(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	quiet(t)
	t.Cleanup(func() {
		sh(t, "echo 0 >/sys/class/net/"+physical+"/device/sriov_numvfs && ip link set "+physical+" down")
	})
	a := start(t, func(c *netagent.Config) {
		c.AllowDevices = []string{"eth1"}
		c.VFs = []sriov.Count{{Link: physical, Count: 2}, {Link: e1000e, Count: 1}, {Link: "eth99", Count: 1}}
	})
	two := func() bool { return len(a.devices()) == 2 }
	eventually(t, "two functions are on offer", two)
	for _, count := range []int{2, 3} {
		a.config.VFs = []sriov.Count{{Link: physical, Count: count}}
		a.restart()
		if !two() {
			t.Errorf("with %d asked for: %v", count, a.devices())
		}
	}
}
