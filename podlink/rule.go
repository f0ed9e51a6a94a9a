package podlink

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// rules makes the rules. They are the pod's and not a link's: a claim's own are
// known by their priorities, which no other claim of the pod has.
func (s *settler) rules() error {
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		want, err := s.parseRules(family)
		if err != nil {
			return err
		}
		if len(want) == 0 {
			continue
		}
		if err := s.rulesOf(family, want); err != nil {
			return err
		}
	}
	return nil
}

// rulesOf makes those of a family; want has them by their place in the
// configuration.
func (s *settler) rulesOf(family uint8, want map[int]rtnl.Rule) error {
	have, err := rtnl.Rules(family)
	if errors.Is(err, unix.EAFNOSUPPORT) && forBoth(want) {
		return nil // a node without IPv6 has no packets for them
	}
	if err != nil {
		return fmt.Errorf("rules of the pod: %w", err)
	}
	for _, r := range have {
		if !outdated(r, want) {
			continue
		}
		if err := rtnl.DeleteRule(r); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("old rule with priority %d cannot be removed: %w", r.Priority, err)
		}
	}
	for i := range s.want.Rules {
		r, ok := want[i]
		if !ok || slices.Contains(have, r) {
			continue
		}
		if err := rtnl.AddRule(r); err != nil && !errors.Is(err, unix.EEXIST) {
			return s.failed("rules", i, fmt.Sprintf("rule with priority %d", r.Priority), err)
		}
	}
	return nil
}

// forBoth says whether no rule is for one family alone.
func forBoth(want map[int]rtnl.Rule) bool {
	for _, r := range want {
		if r.Source.IsValid() || r.Destination.IsValid() {
			return false
		}
	}
	return true
}

// outdated says whether a rule is of an earlier record of this claim.
func outdated(r rtnl.Rule, want map[int]rtnl.Rule) bool {
	if r.Origin != origin {
		return false
	}
	own := false
	for _, w := range want {
		if w == r {
			return false
		}
		own = own || w.Priority == r.Priority
	}
	return own
}

func (s *settler) parseRules(family uint8) (map[int]rtnl.Rule, error) {
	want := map[int]rtnl.Rule{}
	for i, r := range s.want.Rules {
		spec, err := r.Parse()
		if err != nil {
			return nil, err
		}
		if inFamily(spec, family) {
			want[i] = rtnl.Rule{
				Family: family, Priority: spec.Priority, Source: spec.Source, Destination: spec.Destination,
				Mark: spec.Mark, Table: spec.Table, Origin: origin,
			}
		}
	}
	return want, nil
}

func inFamily(r layer3.RuleSpec, family uint8) bool {
	v4, v6 := r.Families()
	return v4 && family == unix.AF_INET || v6 && family == unix.AF_INET6
}
