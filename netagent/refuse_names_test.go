package netagent_test

import (
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent"
)

// allowAll is an operator who holds back nothing: what is refused then is refused
// on every node.
func allowAll(c *netagent.Config) {
	c.AllowParents, c.AllowDevices, c.AllowRDMA = []string{"*"}, []string{"*"}, []string{"*"}
}

func ipvlanRequest(parent string) *netagentv1.DeviceRequest {
	r := ipvlanCase(netagentv1.IpvlanMode_IPVLAN_MODE_L2, netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE).request
	r.GetIpvlan().Parent, r.GetIpvlan().Mtu = parent, 0
	return r
}

func bridgeRequest(bridge string) *netagentv1.DeviceRequest {
	r := vethRequest("a")
	r.GetVeth().Bridge = bridge
	return r
}

func vfRequest(change func(*netagentv1.SriovVf)) *netagentv1.DeviceRequest {
	return function{address: "0000:3b:02.1"}.request("a", change)
}

// TestRefusedNames sends what is no name, and names that are not of one link of
// the host.
func TestRefusedNames(t *testing.T) {
	noDAD(t)
	up := uplink(t)
	bridge(t, "br0")
	if err := netlink.LinkAddAltName(up, "alt0"); err != nil {
		t.Fatal(err)
	}
	a := start(t, allowAll)
	settled(t)
	for kind, request := range map[string]func(name string) *netagentv1.DeviceRequest{
		"macvlan.parent":   func(name string) *netagentv1.DeviceRequest { return macvlanRequest("a", name) },
		"ipvlan.parent":    ipvlanRequest,
		"ipoib.parent":     func(name string) *netagentv1.DeviceRequest { return ipoibRequest(name, datagram, 0) },
		"veth.bridge":      bridgeRequest,
		"host_device.name": nicRequest,
		"sriov_vf.parent": func(name string) *netagentv1.DeviceRequest {
			return vfRequest(func(vf *netagentv1.SriovVf) { vf.Parent = name })
		},
	} {
		t.Run(kind, func(t *testing.T) {
			a.refuse(t, map[string]refusal{
				"16 bytes":            {request(strings.Repeat("u", 16)), codes.InvalidArgument, kind},
				"a path":              {request("../up0"), codes.InvalidArgument, kind},
				"a colon":             {request("up0:1"), codes.InvalidArgument, kind},
				"a format":            {request("up%d"), codes.InvalidArgument, kind},
				"white space":         {request("up0 "), codes.InvalidArgument, kind},
				"a new line":          {request("up0\n"), codes.InvalidArgument, kind},
				"a zero byte":         {request("up0\x00"), codes.InvalidArgument, kind},
				"30 bytes in letters": {request(strings.Repeat("ü", 15)), codes.FailedPrecondition, ""},
				"not there":           {request("up9"), codes.FailedPrecondition, "no link"},
				"an index":            {request("2"), codes.FailedPrecondition, "no link"},
				"another case":        {request("UP0"), codes.FailedPrecondition, "no link"},
				"an altname":          {request("alt0"), codes.FailedPrecondition, "no link"},
				"a pattern":           {request("up*"), codes.FailedPrecondition, "no link"},
			})
		})
	}
	a.refuse(t, map[string]refusal{
		"macvlan on nothing":    {macvlanRequest("a", ""), codes.InvalidArgument, "macvlan.parent"},
		"host device of none":   {nicRequest(""), codes.InvalidArgument, "host_device.name"},
		"macvlan on .":          {macvlanRequest("a", "."), codes.InvalidArgument, "not a link's name"},
		"ipvlan on ..":          {ipvlanRequest(".."), codes.InvalidArgument, "not a link's name"},
		"host device ..":        {nicRequest(".."), codes.InvalidArgument, "not a link's name"},
		"macvlan on lo":         {macvlanRequest("a", "lo"), codes.PermissionDenied, "loopback"},
		"host device lo":        {nicRequest("lo"), codes.PermissionDenied, "not the one link of a piece of hardware"},
		"host device, no card":  {nicRequest("up0"), codes.PermissionDenied, "not the one link of a piece of hardware"},
		"veth on no bridge":     {bridgeRequest("up0"), codes.PermissionDenied, "not a bridge"},
		"ipoib on Ethernet":     {ipoibRequest("up0", datagram, 0), codes.PermissionDenied, "not an InfiniBand interface"},
		"no RDMA device":        {uverbsRequest("a", "mlx5_99"), codes.FailedPrecondition, "no RDMA device"},
		"RDMA device .":         {uverbsRequest("a", "."), codes.FailedPrecondition, "no RDMA device"},
		"RDMA device ..":        {uverbsRequest("a", ".."), codes.FailedPrecondition, "no RDMA device"},
		"RDMA device by path":   {uverbsRequest("a", "../net"), codes.InvalidArgument, "uverbs.ibdev"},
		"RDMA device, 64 bytes": {uverbsRequest("a", strings.Repeat("m", 64)), codes.InvalidArgument, "uverbs.ibdev"},
		"function, no domain":   {vfRequest(func(vf *netagentv1.SriovVf) { vf.PciAddress = "3b:02.1" }), codes.InvalidArgument, "sriov_vf.pci_address"},
		"function, capitals":    {vfRequest(func(vf *netagentv1.SriovVf) { vf.PciAddress = "0000:3B:02.1" }), codes.InvalidArgument, "sriov_vf.pci_address"},
		"function 8":            {vfRequest(func(vf *netagentv1.SriovVf) { vf.PciAddress = "0000:3b:02.8" }), codes.InvalidArgument, "sriov_vf.pci_address"},
		"function, device 0x20": {vfRequest(func(vf *netagentv1.SriovVf) { vf.PciAddress = "0000:3b:20.0" }), codes.InvalidArgument, "sriov_vf.pci_address"},
		"function by path":      {vfRequest(func(vf *netagentv1.SriovVf) { vf.PciAddress = "../../../net" }), codes.InvalidArgument, "sriov_vf.pci_address"},
		"a key with a slash":    {vethRequest("a/b"), codes.InvalidArgument, "key"},
		"a key with a dot":      {vethRequest("a.json"), codes.InvalidArgument, "key"},
		"a key in capitals":     {vethRequest("A"), codes.InvalidArgument, "key"},
		"a key of 17 letters":   {vethRequest(strings.Repeat("a", 17)), codes.InvalidArgument, "key"},
	})
}

// TestAllowedNames has an operator who allows some.
func TestAllowedNames(t *testing.T) {
	noDAD(t)
	uplink(t)
	a := start(t, func(c *netagent.Config) { c.AllowParents = []string{"br*", "up1?"} })
	settled(t)
	a.refuse(t, map[string]refusal{
		"macvlan": {macvlanRequest("a", "up0"), codes.PermissionDenied, "--allow-parents"},
		"ipvlan":  {ipvlanRequest("up0"), codes.PermissionDenied, "--allow-parents"},
		"veth":    {bridgeRequest("up0"), codes.PermissionDenied, "--allow-parents"},
		"ipoib":   {ipoibRequest("up0", datagram, 0), codes.PermissionDenied, "--allow-parents"},
		"card":    {nicRequest("up0"), codes.PermissionDenied, "--allow-devices"},
		"RDMA":    {uverbsRequest("a", "mlx5_0"), codes.PermissionDenied, "--allow-rdma"},
	})
}
