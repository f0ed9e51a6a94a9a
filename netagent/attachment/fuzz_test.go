package attachment

import (
	"testing"

	"github.com/hawser-dra/hawser/netagent/link"
)

// FuzzAlias: an alias that a pod or anybody else has set names an attachment only
// if it is exactly that attachment's.
func FuzzAlias(f *testing.F) {
	f.Add("hawser/6f0b8a44-97e2-4d2c-8d5f-000000000001/d0")
	f.Add("hawser/6f0b8a44-97e2-4d2c-8d5f-000000000001/d0/host")
	f.Add("hawser//")
	f.Fuzz(func(t *testing.T, alias string) {
		m, ok := parseAlias(alias)
		if ok && m.alias() != alias {
			t.Errorf("%q is taken for %+v, whose alias is %q", alias, m, m.alias())
		}
		forged := link.Link{Kind: "veth", Name: m.linkName(), Alias: alias}
		if other := (mark{Claim: m.Claim, Key: m.Key + "x"}); isOurs(forged, "veth", other.linkName(), other.alias()) && alias != other.alias() {
			t.Errorf("%q passes for %+v", alias, other)
		}
	})
}
