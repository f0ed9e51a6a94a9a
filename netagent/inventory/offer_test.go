package inventory

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testtree"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// pci makes the hardware of a test: a card at 03:00.0 with the virtual functions
// 03:10.0 and 03:10.2, and a card at 05:00.0.
func pci(t *testing.T) sysfs.FS {
	t.Helper()
	dir := t.TempDir()
	testtree.Links(t, dir, map[string]string{
		"bus/pci/devices/0000:03:00.0":            "../../../devices/pci0000:00/0000:03:00.0",
		"bus/pci/devices/0000:03:10.0":            "../../../devices/pci0000:00/0000:03:10.0",
		"bus/pci/devices/0000:03:10.2":            "../../../devices/pci0000:00/0000:03:10.2",
		"bus/pci/devices/0000:05:00.0":            "../../../devices/pci0000:00/0000:05:00.0",
		"devices/pci0000:00/0000:03:00.0/virtfn0": "../0000:03:10.0",
		"devices/pci0000:00/0000:03:00.0/virtfn1": "../0000:03:10.2",
		"devices/pci0000:00/0000:03:10.0/physfn":  "../0000:03:00.0",
		"devices/pci0000:00/0000:03:10.2/physfn":  "../0000:03:00.0",
		"devices/pci0000:00/0000:05:00.0/driver":  "../../../bus/pci/drivers/e1000e",
	})
	return sysfs.New(os.DirFS(dir))
}

func ethernet(index int, name, address string) link.Link {
	return link.Link{Index: index, Name: name, Type: 1, Device: link.Device{Bus: "pci", Name: address}, MAC: []byte{2, 0, 0, 0, 0, byte(index)}, MTU: 1500}
}

func state(sys sysfs.FS, links ...link.Link) Node {
	n := newNode(sys)
	n.links, n.routed, n.addressed = links, link.Set{}, link.Set{}
	for _, l := range links {
		if l.Device != (link.Device{}) {
			n.byDevice[l.Device] = append(n.byDevice[l.Device], l)
		}
	}
	return n
}

func names(n Node) []string {
	var list []string
	for _, d := range n.Offers(policy.Rules{Devices: []string{"eth*"}}) {
		list = append(list, d.GetName())
	}
	return list
}

func TestOffers(t *testing.T) {
	sys := pci(t)
	physical, first, second, card := ethernet(2, "eth1", "0000:03:00.0"), ethernet(3, "eth3", "0000:03:10.0"), ethernet(4, "eth4", "0000:03:10.2"), ethernet(5, "eth2", "0000:05:00.0")
	all := []string{"nic-0000-05-00-0", "vf-0000-03-10-0", "vf-0000-03-10-2"}
	port := card
	port.Master = 9
	twin := card
	twin.Index, twin.Name = 6, "eth6"
	foreign := link.Link{Index: 7, Name: "eth7", Type: 1, Kind: "veth"}
	for what, c := range map[string]struct {
		node   Node
		change func(*Node)
		want   []string
	}{
		"all, not the card of the functions":   {state(sys, physical, first, second, card, foreign), nil, all},
		"a default route":                      {state(sys, physical, first, second, card), func(n *Node) { n.routed[5] = true }, all[1:]},
		"an address on a function":             {state(sys, physical, first, second, card), func(n *Node) { n.addressed[3] = true }, []string{all[0], all[2]}},
		"a port":                               {state(sys, physical, first, second, port), nil, all[1:]},
		"a VLAN":                               {state(sys, physical, first, second, card, link.Link{Index: 8, Name: "eth2.5", Parent: 5, Kind: "vlan"}), nil, all[1:]},
		"two links of one function":            {state(sys, card, twin), nil, nil},
		"a function without a link":            {state(sys, physical, first, card), nil, all[:2]},
		"functions of a card that is gone":     {state(sys, first, second), nil, nil},
		"a claim's macvlan, which is in a pod": {state(sys, card), func(n *Node) { n.entries = []journal.Entry{{Request: macvlanOn("eth2")}} }, nil},
	} {
		if c.change != nil {
			c.change(&c.node)
		}
		if diff := cmp.Diff(c.want, names(c.node)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func macvlanOn(parent string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{Parent: parent}}}
}

// TestLentStaysOffered offers what claims have as it was, whatever a pod has made
// of it; hardware that is gone is not offered.
func TestLentStaysOffered(t *testing.T) {
	sys := pci(t)
	physical, first := ethernet(2, "eth1", "0000:03:00.0"), ethernet(3, "eth3", "0000:03:10.0")
	before := state(sys, physical, first)
	was, gone := before.Was(first), before.Was(ethernet(9, "eth9", "0000:09:00.0"))
	offered := before.Offers(policy.Rules{Devices: []string{"eth*"}})[0]

	inPod, atHome := state(sys, physical), first
	atHome.Name, atHome.MTU, atHome.MAC = "net1", 1300, []byte{2, 0, 0, 0, 0, 99}
	for what, n := range map[string]Node{"in a pod": inPod, "come home": state(sys, physical, atHome)} {
		n.entries = []journal.Entry{{Was: was}, {Was: gone}, {Was: was}}
		got := n.Offers(policy.Rules{})
		if len(got) != 1 {
			t.Fatalf("%s: %v", what, got)
		}
		link := got[0].GetVf().GetLink()
		got[0].GetVf().Link = offered.GetVf().GetLink()
		if got[0].String() != offered.String() || (what == "in a pod") != (link == "") {
			t.Errorf("%s: %v, link %q, was %v", what, got[0], link, offered)
		}
	}
}

func TestDeviceNames(t *testing.T) {
	for want, d := range map[string]link.Device{
		"nic-pci-0000-3b-02-1":                           {Bus: "pci", Name: "0000:3b:02.1"},
		"nic-vmbus-f8615163-df3e-46c5-913f-f2d2f965ed0e": {Bus: "vmbus", Name: "F8615163-df3e-46c5-913f-f2d2f965ed0e"},
		"nic-usb-1-1-4-1-0":                              {Bus: "usb", Name: "1-1.4:1.0"},
	} {
		if got := deviceName("nic", d, nil); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f := &netagentv1.PciFunction{Address: "0000:3b:02.1"}
	for d, want := range map[link.Device]string{
		{Bus: "pci", Name: "0000:3b:02.1"}:         "vf-0000-3b-02-1",
		{Bus: "virtio", Name: "virtio3"}:           "vf-0000-3b-02-1",
		{Bus: "auxiliary", Name: "mlx5_core.sf.4"}: "vf-auxiliary-mlx5-core-sf-4", // one of many below the function
	} {
		if got := deviceName("vf", d, f); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// TestLinkDown: a card has lost its wire when it is up without a carrier, wherever
// it is; a function when its card has none.
func TestLinkDown(t *testing.T) {
	sys := pci(t)
	physical, function, card := ethernet(2, "eth1", "0000:03:00.0"), ethernet(3, "eth3", "0000:03:10.0"), ethernet(5, "eth2", "0000:05:00.0")
	up := func(l link.Link, carrier bool) link.Link { l.Flags, l.Carrier = 1, carrier; return l }
	before := state(sys, physical, function, card)
	wasFunction, wasCard := before.Was(function), before.Was(card)
	for what, c := range map[string]struct {
		node Node
		l    link.Link
		was  *journal.Was
		want bool
	}{
		"a card set down":           {before, card, wasCard, false},
		"a card with its wire":      {before, up(card, true), wasCard, false},
		"a card without":            {before, up(card, false), wasCard, true},
		"a card in a pod":           {Node{sys: sys, away: map[link.Device]link.Link{card.Device: up(card, false)}}, link.Link{}, wasCard, true},
		"a card nobody knows where": {Node{sys: sys}, link.Link{}, wasCard, false},
		"a function of a dead card": {state(sys, physical, function), function, wasFunction, true},
		"a function in a pod":       {state(sys, physical), link.Link{}, wasFunction, true},
		"a function of a live card": {state(sys, up(physical, true)), link.Link{}, wasFunction, false},
		"a function of a card away": {state(sys), link.Link{}, wasFunction, false},
	} {
		if got := c.node.linkDown(c.l, c.was); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
