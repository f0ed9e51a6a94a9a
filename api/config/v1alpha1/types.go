// Package v1alpha1 is the configuration that a DeviceClass or a ResourceClaim
// hands to the driver as opaque parameters.
//
// [Decode] is the only way in: it takes the layers that apply to one allocated
// device, refuses what it does not know, merges, sets defaults and checks
// bounds. Its errors name the field, the value and what would be right. What
// comes out is complete but for the interface name, whose default depends on
// the pod's other claims.
package v1alpha1

import "github.com/hawser-dra/hawser/api/layer3"

// APIVersion and ConfigKind may be given in the parameters; other values are refused.
const (
	APIVersion = "hawser.dev/v1alpha1"
	ConfigKind = "DeviceConfig"
)

// Type groups kinds.
type Type string

// The types.
const (
	TypeNetdev Type = "netdev"
	TypeRDMA   Type = "rdma"
	TypeCombo  Type = "combo"
)

// Kind says what a device is.
type Kind string

// The kinds of [TypeNetdev], [TypeRDMA] and [TypeCombo].
const (
	KindMacvlan    Kind = "macvlan"
	KindIpvlan     Kind = "ipvlan"
	KindVeth       Kind = "veth"
	KindDummy      Kind = "dummy"
	KindIpoib      Kind = "ipoib"
	KindSriovVf    Kind = "sriov-vf"
	KindHostDevice Kind = "host-device"
	KindUverbs     Kind = "uverbs"
	KindRoce       Kind = "roce"
)

// DeviceConfig configures one device. Exactly the part that Type names is set.
type DeviceConfig struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`

	Type   Type    `json:"type,omitempty"`
	Netdev *Netdev `json:"netdev,omitempty"`
	RDMA   *RDMA   `json:"rdma,omitempty"`
	Combo  *Combo  `json:"combo,omitempty"`

	// Overridable lists the fields of a DeviceClass's parameters that a claim
	// may set to another value, such as "netdev.mtu"; a prefix such as
	// "netdev" stands for all below it. Everything else that a class sets is
	// fixed. Only classes may have it.
	Overridable []string `json:"overridable,omitempty"`
}

// Netdev configures a network interface.
type Netdev struct {
	Kind Kind `json:"kind,omitempty"`

	// InterfaceName is the name in the pod: 1 to 15 bytes. Default: the first
	// of net1, net2, … that the pod's claims leave free.
	InterfaceName string `json:"interfaceName,omitempty"`

	// Parent is the host's link below a macvlan, an ipvlan or an ipoib, or the
	// bridge that the host end of a veth joins. Default, as part of a roce: the
	// RDMA device's own link, for a macvlan or ipvlan.
	Parent string `json:"parent,omitempty"`

	// Mode is bridge (default), vepa, private or passthru for macvlan; l2
	// (default), l3 or l3s for ipvlan; datagram (default) or connected for ipoib.
	Mode string `json:"mode,omitempty"`

	// Flag is bridge (default), private or vepa, for ipvlan.
	Flag string `json:"flag,omitempty"`

	// PKey is the InfiniBand partition of an ipoib, 1 to 0xffff, without 0x8000.
	// The bit that says full membership, 0x8000, is set in any case.
	PKey *uint32 `json:"pkey,omitempty"`

	// HostDevice is the name of the node's network card that a host-device is,
	// where the claim has the virtual device; a card of the claim's own names
	// itself.
	HostDevice string `json:"hostDevice,omitempty"`

	// MTU in bytes, 68 to 65535; an ipoib has at most 4092 (datagram) or 65520.
	// Default: the parent's, or 1500, or what an ipoib's mode has at most; what
	// the node lends keeps its own.
	MTU *uint32 `json:"mtu,omitempty"`

	// MACAddress is a unicast address such as 02:00:00:00:00:01. Default: the
	// kernel chooses; what the node lends keeps its own.
	MACAddress string `json:"macAddress,omitempty"`

	// What follows is what the card keeps of an sriov-vf. What is left out stays
	// as the operator has set it.

	// VLAN that all traffic is tagged with, 1 to 4094; 0 is none.
	VLAN *uint32 `json:"vlan,omitempty"`
	// VLANQoS is the priority in the tag, 0 to 7.
	VLANQoS *uint32 `json:"vlanQos,omitempty"`
	// VLANProto is 802.1q (default) or 802.1ad.
	VLANProto string `json:"vlanProto,omitempty"`
	// SpoofCheck drops what is sent under another address.
	SpoofCheck *bool `json:"spoofCheck,omitempty"`
	// Trust lets the pod change the address and hear what is not for it.
	Trust *bool `json:"trust,omitempty"`
	// MinTxRate and MaxTxRate bound what is sent, in Mbit/s; 0 is no bound.
	MinTxRate *uint32 `json:"minTxRate,omitempty"`
	MaxTxRate *uint32 `json:"maxTxRate,omitempty"`
	// LinkState is the carrier that the function sees: auto (the card's own),
	// enable or disable.
	LinkState string `json:"linkState,omitempty"`

	// Settings are set in the pod and never on the host.
	layer3.Settings

	// What follows is set of the interface itself, in the pod, at each start of a
	// container. What is left out stays as it is.

	// Ethtool is what its driver has: features, private flags, rings, coalescing.
	Ethtool *Ethtool `json:"ethtool,omitempty"`
	// GSOMaxSize and GROMaxSize, in bytes, 1500 to 524280, are how much the stack
	// hands over, or takes, at once; with more than 65536 (big TCP) of IPv6 alone,
	// and of IPv4 by the other two.
	GSOMaxSize     *uint32 `json:"gsoMaxSize,omitempty"`
	GROMaxSize     *uint32 `json:"groMaxSize,omitempty"`
	GSOIPv4MaxSize *uint32 `json:"gsoIPv4MaxSize,omitempty"`
	GROIPv4MaxSize *uint32 `json:"groIPv4MaxSize,omitempty"`
	// TxQueueLen is the length of the queue, in packets, 0 to 1000000.
	TxQueueLen *uint32 `json:"txQueueLen,omitempty"`
	// Promiscuous lets it hear what is not for it, AllMulticast all multicast.
	Promiscuous  *bool `json:"promiscuous,omitempty"`
	AllMulticast *bool `json:"allMulticast,omitempty"`
}

// RDMA configures an RDMA device.
type RDMA struct {
	Kind Kind `json:"kind,omitempty"`

	// PreferDevice is the name of the RDMA device that the claim is for, such as
	// mlx5_0. The scheduler allocates the device: another one than this is an
	// error that says how to request it.
	PreferDevice string `json:"preferDevice,omitempty"`
}

// Combo configures devices that belong together: for roce an RDMA device (by
// default uverbs) and an interface.
type Combo struct {
	Kind   Kind    `json:"kind,omitempty"`
	RDMA   *RDMA   `json:"rdma,omitempty"`
	Netdev *Netdev `json:"netdev,omitempty"`
}

// DeviceKind is the kind of the part that Type names.
func (c *DeviceConfig) DeviceKind() Kind {
	switch {
	case c.Type == TypeNetdev && c.Netdev != nil:
		return c.Netdev.Kind
	case c.Type == TypeRDMA && c.RDMA != nil:
		return c.RDMA.Kind
	case c.Type == TypeCombo && c.Combo != nil:
		return c.Combo.Kind
	}
	return ""
}
