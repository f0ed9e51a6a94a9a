package v1alpha1_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
)

// seeds are pairs of a class's parameters and a claim's.
var seeds = [][2]string{
	{``, `{"type":"netdev","netdev":{"kind":"macvlan","parent":"eth0","mode":"vepa","mtu":1400,"macAddress":"02:00:00:00:00:01","addresses":["192.0.2.1/24","2001:db8::1/64"]}}`},
	{`{"type":"netdev","overridable":["netdev.mtu"],"netdev":{"kind":"ipvlan","parent":"eth0","mtu":9000}}`, `{"netdev":{"mtu":1500,"interfaceName":"data0"}}`},
	{`{"netdev":{"kind":"veth"}}`, `{"apiVersion":"hawser.dev/v1alpha1","kind":"DeviceConfig","type":"netdev","netdev":{"kind":"dummy"}}`},
	{``, `{"type":"combo","combo":{"kind":"roce","rdma":{"kind":"uverbs"},"netdev":{"kind":"dummy"}}}`},
	{``, `{"type":"netdev","netdev":{"kind":"dummy","addresses":["192.0.2.1/24",{"address":"2001:db8::1/64","noDAD":false}],"defaultRoute":true,"routes":[{"destination":"0.0.0.0/0","gateway":"192.0.2.254","metric":7}],"rules":[{"priority":100,"mark":7,"table":100}],"neighbors":[{"address":"192.0.2.254","macAddress":"02:00:00:00:00:01"}],"sysctls":{"ipv4.rp_filter":2}}}`},
	{`{"netdev":{"vrf":{"table":10}}}`, `{"type":"netdev","netdev":{"kind":"dummy","vrf":{"name":"blue"}}}`},
	{``, `{"type":"rdma","rdma":{"kind":"uverbs"}}`},
	{`{"type":"netdev","netdev":{"ethtool":{"features":{"rx-gro":false}}}}`, `{"netdev":{"kind":"dummy",` + everyOffload + `}}`},
}

func layers(class, claim string) (l []v1alpha1.Layer) {
	if class != "" {
		l = append(l, v1alpha1.Layer{Parameters: []byte(class), Class: true})
	}
	return append(l, v1alpha1.Layer{Parameters: []byte(claim)})
}

// FuzzDecode: whatever users write is refused, or becomes a configuration that
// says the same when it is read again.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, class, claim string) {
		c, err := v1alpha1.Decode(layers(class, claim))
		if err != nil {
			return
		}
		b, err := json.Marshal(c) // an empty list is as one that is not there
		if err != nil {
			t.Fatal(err)
		}
		again, err := v1alpha1.Decode(layers("", string(b)))
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-decoded +decoded again:\n%s", diff)
		}
	})
}

// FuzzFixed: a claim does not change what its class has set.
func FuzzFixed(f *testing.F) {
	f.Add(`{"netdev":{"kind":"macvlan","parent":"eth1"}}`)
	f.Add(`{"overridable":["netdev"],"netdev":{"parent":"eth1"}}`)
	f.Add(`{"netdev":null}`)
	f.Add(`{"Netdev":{"Parent":"eth1"},"netdev":{"mtu":9000}}`)
	const class = `{"type":"netdev","overridable":["netdev.mtu"],"netdev":{"kind":"macvlan","parent":"eth0","mode":"private","mtu":1500}}`
	f.Fuzz(func(t *testing.T, claim string) {
		c, err := v1alpha1.Decode(layers(class, claim))
		if err != nil {
			return
		}
		if n := c.Netdev; c.Type != "netdev" || n.Kind != "macvlan" || n.Parent != "eth0" || n.Mode != "private" {
			t.Errorf("the claim %q made of the class %+v", claim, n)
		}
	})
}
