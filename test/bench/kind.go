package bench

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/test/bench/floor"
)

// parent is the link that others stand on, on every node of the benchmark.
const parent = "up0"

// infiniband is the link of the test node that ipoib stands on.
const infiniband = "ib0"

// mtu of all links that are made, in bytes.
const mtu = 1400

// group is the interface group of bare links; the product's have another one.
const group = 0x4858

// kind is one of the created kinds: as a claim has it, as netagent is asked for
// it, and as the bare kernel is.
type kind struct {
	name       string
	parent     string // the link that it stands on; "" for none
	parameters string // as kubectl writes them; %d: the device's number in the claim
	request    func() *netagentv1.DeviceRequest
	link       floor.Link
}

var (
	veth = kind{
		name: "veth", parameters: `{"netdev":{"interfaceName":"net%d","kind":"veth","mtu":1400},"type":"netdev"}`,
		request: func() *netagentv1.DeviceRequest {
			return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{Mtu: mtu}}}
		},
		link: floor.Link{Kind: "veth"},
	}
	macvlan = kind{
		name: "macvlan", parent: parent, parameters: `{"netdev":{"interfaceName":"net%d","kind":"macvlan","mtu":1400,"parent":"up0"},"type":"netdev"}`,
		request: func() *netagentv1.DeviceRequest {
			return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{
				Parent: parent, Mode: netagentv1.MacvlanMode_MACVLAN_MODE_BRIDGE, Mtu: mtu,
			}}}
		},
		link: floor.Link{Kind: "macvlan"},
	}
	ipvlan = kind{
		name: "ipvlan", parent: parent, parameters: `{"netdev":{"interfaceName":"net%d","kind":"ipvlan","mtu":1400,"parent":"up0"},"type":"netdev"}`,
		request: func() *netagentv1.DeviceRequest {
			return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Ipvlan{Ipvlan: &netagentv1.Ipvlan{
				Parent: parent, Mode: netagentv1.IpvlanMode_IPVLAN_MODE_L2, Flag: netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE, Mtu: mtu,
			}}}
		},
		link: floor.Link{Kind: "ipvlan"},
	}
	dummy = kind{
		name: "dummy", parameters: `{"netdev":{"interfaceName":"net%d","kind":"dummy","mtu":1400},"type":"netdev"}`,
		request: func() *netagentv1.DeviceRequest {
			return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{Mtu: mtu}}}
		},
		link: floor.Link{Kind: "dummy"},
	}
	ipoib = kind{
		name: "ipoib", parent: infiniband,
		request: func() *netagentv1.DeviceRequest {
			return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: &netagentv1.Ipoib{
				Parent: infiniband, Pkey: floor.PartitionKey, Mode: netagentv1.IpoibMode_IPOIB_MODE_DATAGRAM, Mtu: mtu,
			}}}
		},
		link: floor.Link{Kind: "ipoib"},
	}
)

// created are the kinds that need no hardware.
var created = []kind{veth, macvlan, ipvlan, dummy}

// devices are a claim's, of one kind.
func (k kind) devices(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(k.parameters, i+1))
	}
	return list
}

// attach asks netagent for so many devices.
func (k kind) attach(claim string, n int) *netagentv1.AttachRequest {
	r := &netagentv1.AttachRequest{ClaimUid: claim}
	for i := range n {
		d := k.request()
		d.Key = fmt.Sprintf("d%d", i)
		r.Devices = append(r.Devices, d)
	}
	return r
}
