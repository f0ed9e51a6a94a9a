package attachment

import (
	"maps"
	"slices"
	"testing"

	"github.com/hawser-dra/hawser/netagent/link"
)

func TestMark(t *testing.T) {
	m := mark{Claim: "0b1f9d6e-0000-4000-8000-00000000000a", Key: "net1"}
	if got, ok := parseAlias(m.alias()); !ok || got != m {
		t.Errorf("parseAlias(%q) = %v, %t", m.alias(), got, ok)
	}
	for _, s := range []string{"", "hawser/", "hawser/c", "hawser/c/", "hawser//k", m.hostEndAlias(), "other/c/k"} {
		if got, ok := parseAlias(s); ok {
			t.Errorf("parseAlias(%q) = %v", s, got)
		}
	}
	other := mark{Claim: m.Claim, Key: "net2"}
	names := []string{m.linkName(), m.hostEndName(), other.linkName(), other.hostEndName()}
	for i, name := range names {
		if len(name) != 15 || slices.Contains(names[:i], name) {
			t.Errorf("names %v", names)
		}
	}
}

func TestIsOurs(t *testing.T) {
	ours := link.Link{Name: "hw0", Kind: "veth", Group: Group, Alias: "hawser/c/k"}
	for what, c := range map[string]struct {
		change func(*link.Link)
		want   bool
	}{
		"as made":               {func(*link.Link) {}, true},
		"renamed":               {func(l *link.Link) { l.Name = "net1" }, true},
		"not marked yet":        {func(l *link.Link) { l.Alias = "" }, true},
		"another alias":         {func(l *link.Link) { l.Alias = "mine" }, false},
		"another kind":          {func(l *link.Link) { l.Kind = "" }, false},
		"no alias, other name":  {func(l *link.Link) { l.Alias, l.Name = "", "net1" }, false},
		"no alias, other group": {func(l *link.Link) { l.Alias, l.Group = "", 0 }, false},
	} {
		l := ours
		c.change(&l)
		if got := isOurs(l, "veth", "hw0", "hawser/c/k"); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
}

// TestStackOn has a VLAN on a card, that VLAN in a bridge, and a link whose
// parent is in another namespace.
func TestStackOn(t *testing.T) {
	links := []link.Link{
		{Index: 4, Name: "br0"},
		{Index: 2, Name: "eth0"},
		{Index: 3, Name: "eth0.5", Parent: 2, Master: 4},
		{Index: 5, Name: "eth1"},
		{Index: 6, Name: "hw0", Parent: 2, ParentElsewhere: true},
	}
	got := slices.Sorted(maps.Keys(link.Above(links, 2)))
	if !slices.Equal(got, []int{2, 3, 4}) {
		t.Errorf("on eth0: %v", got)
	}
	if got := link.Above(links, 5); len(got) != 1 {
		t.Errorf("on eth1: %v", got)
	}
}
