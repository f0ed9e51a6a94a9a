package podlink

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/podlink/rtnl"
)

func TestWrong(t *testing.T) {
	address := func(p string, origin uint8) rtnl.Address {
		return rtnl.Address{Prefix: netip.MustParsePrefix(p), Origin: origin}
	}
	for name, tc := range map[string]struct {
		have []rtnl.Address
		want []string
		gone []string
	}{
		"wanted stays":              {[]rtnl.Address{address("192.0.2.1/24", origin)}, []string{"192.0.2.1/24"}, nil},
		"wanted of unknown origin":  {[]rtnl.Address{address("192.0.2.1/24", 0)}, []string{"192.0.2.1/24"}, nil},
		"the pod's own stays":       {[]rtnl.Address{address("192.0.2.9/24", 0)}, []string{"192.0.2.1/24"}, nil},
		"the kernel's own stays":    {[]rtnl.Address{address("fe80::1/64", 3)}, nil, nil},
		"podlink's earlier goes":    {[]rtnl.Address{address("192.0.2.9/24", origin)}, []string{"192.0.2.1/24"}, []string{"192.0.2.9/24"}},
		"wrong length goes":         {[]rtnl.Address{address("2001:db8::1/128", 0)}, []string{"2001:db8::1/64"}, []string{"2001:db8::1/128"}},
		"nothing wanted any more":   {[]rtnl.Address{address("192.0.2.9/24", origin)}, nil, []string{"192.0.2.9/24"}},
		"nothing there, one wanted": {nil, []string{"192.0.2.1/24"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := parse(tc.want)
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
