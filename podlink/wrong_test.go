package podlink

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

func TestWrong(t *testing.T) {
	address := func(p string, origin uint8) rtnl.Address {
		a := rtnl.Address{Prefix: netip.MustParsePrefix(p), Origin: origin}
		if a.Prefix.Addr().Is4() {
			a.Label = "net1"
		}
		return a
	}
	list := func(a string) []layer3.Address { return []layer3.Address{{Address: a}} }
	peer := rtnl.Address{Prefix: netip.MustParsePrefix("192.0.2.1/32"), Peer: netip.MustParsePrefix("192.0.2.2/32"), Label: "net1", Origin: origin}
	bare := address("192.0.2.1/24", origin)
	bare.NoPrefixRoute = true
	for name, tc := range map[string]struct {
		have []rtnl.Address
		want []layer3.Address
		gone []string
	}{
		"wanted stays":              {[]rtnl.Address{address("192.0.2.1/24", origin)}, list("192.0.2.1/24"), nil},
		"wanted of unknown origin":  {[]rtnl.Address{address("192.0.2.1/24", 0)}, list("192.0.2.1/24"), nil},
		"the pod's own stays":       {[]rtnl.Address{address("192.0.2.9/24", 0)}, list("192.0.2.1/24"), nil},
		"the kernel's own stays":    {[]rtnl.Address{address("fe80::1/64", 3)}, nil, nil},
		"podlink's earlier goes":    {[]rtnl.Address{address("192.0.2.9/24", origin)}, list("192.0.2.1/24"), []string{"192.0.2.9/24"}},
		"wrong length goes":         {[]rtnl.Address{address("2001:db8::1/128", 0)}, list("2001:db8::1/64"), []string{"2001:db8::1/128"}},
		"another peer goes":         {[]rtnl.Address{peer}, []layer3.Address{{Address: "192.0.2.1/32", Peer: "192.0.2.3/32"}}, []string{"192.0.2.1/32"}},
		"the peer stays":            {[]rtnl.Address{peer}, []layer3.Address{{Address: "192.0.2.1/32", Peer: "192.0.2.2/32"}}, nil},
		"another label goes":        {[]rtnl.Address{bare}, []layer3.Address{{Address: "192.0.2.1/24", NoPrefixRoute: true, Label: "net1:1"}}, []string{"192.0.2.1/24"}},
		"a route too few goes":      {[]rtnl.Address{bare}, list("192.0.2.1/24"), []string{"192.0.2.1/24"}},
		"no route is wanted":        {[]rtnl.Address{bare}, []layer3.Address{{Address: "192.0.2.1/24", NoPrefixRoute: true}}, nil},
		"nothing wanted any more":   {[]rtnl.Address{address("192.0.2.9/24", origin)}, nil, []string{"192.0.2.9/24"}},
		"nothing there, one wanted": {nil, list("192.0.2.1/24"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := parseAddresses(tc.want, "net1")
			if err != nil {
				t.Fatal(err)
			}
			var gone []string
			for _, a := range wrong(tc.have, want) {
				gone = append(gone, a.Prefix.String())
			}
			if d := cmp.Diff(tc.gone, gone); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
