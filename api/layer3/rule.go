package layer3

import (
	"fmt"
	"net/netip"
)

// maxPriority is that of the last rule before the kernel's for the main table.
const maxPriority = 32765

// Rule sends some of the pod's traffic to another table than the main one. It is
// the whole pod's, whatever the interface.
type Rule struct {
	// Priority, 1 to 32765: the rule with the least is asked first. No two claims
	// of a pod have rules of one priority.
	Priority *uint32 `json:"priority,omitempty"`
	// Source and Destination are subnets; one of them or Mark must be there.
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
	// Mark is that of the packet or its socket. With it alone the rule is for v4
	// and v6.
	Mark *uint32 `json:"mark,omitempty"`
	// Table, 1 to 4294967295 but 253 to 255.
	Table *uint32 `json:"table,omitempty"`
}

// RuleSpec is a rule that was read.
type RuleSpec struct {
	Priority            uint32
	Source, Destination netip.Prefix // the zero Prefix is any
	Mark                uint32       // 0 is any
	Table               uint32
}

func (s RuleSpec) String() string { return fmt.Sprintf("rule with priority %d", s.Priority) }

// Families says for which of v4 and v6 the rule is.
func (s RuleSpec) Families() (v4, v6 bool) {
	for _, p := range []netip.Prefix{s.Source, s.Destination} {
		if p.IsValid() {
			return p.Addr().Is4(), p.Addr().Is6()
		}
	}
	return true, true
}

// Parse reads a rule.
func (r Rule) Parse() (s RuleSpec, err *Error) {
	switch {
	case r.Priority == nil:
		return s, &Error{Reason: Required, Field: "priority", Detail: fmt.Sprintf("must be 1 to %d", maxPriority)}
	case *r.Priority == 0 || *r.Priority > maxPriority:
		return s, invalid("priority", *r.Priority, fmt.Sprintf("must be 1 to %d", maxPriority))
	case r.Source == "" && r.Destination == "" && r.Mark == nil:
		return s, &Error{Reason: Required, Field: "source", Detail: "a rule without source, destination and mark would take all traffic of the pod"}
	case r.Mark != nil && *r.Mark == 0:
		return s, invalid("mark", 0, "must not be 0, which everything has that is not marked")
	case r.Table == nil:
		return s, &Error{Reason: Required, Field: "table", Detail: wantTable}
	}
	s.Priority = *r.Priority
	if r.Mark != nil {
		s.Mark = *r.Mark
	}
	if s.Source, err = parseOptional("source", r.Source); err != nil {
		return s, err
	}
	if s.Destination, err = parseOptional("destination", r.Destination); err != nil {
		return s, err
	}
	if s.Source.IsValid() && s.Destination.IsValid() && s.Source.Addr().Is4() != s.Destination.Addr().Is4() {
		return s, invalid("destination", r.Destination, "must be of the same family as the source")
	}
	s.Table, err = parseTable("table", r.Table, wantTable)
	return s, err
}

func parseOptional(field, subnet string) (netip.Prefix, *Error) {
	if subnet == "" {
		return netip.Prefix{}, nil
	}
	return parseSubnet(field, subnet)
}

func (s *Settings) validateRules() []*Error {
	return each("rules", s.Rules, MaxRules, Rule.Parse)
}
