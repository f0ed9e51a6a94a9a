package policy

import "fmt"

// Reason tells what sort of refusal it is, for the API's status code.
type Reason int

// The reasons.
const (
	Malformed Reason = iota + 1 // no node would do this
	Forbidden                   // this node's rules say no
	NotReady                    // what the request names is not there
	Exhausted                   // there is no room for more
)

// Refusal is a no, in words for whoever wrote the claim.
type Refusal struct {
	Reason Reason
	Field  string // of the request, such as "macvlan.parent"
	Value  string // that it has
	Why    string // and what would be right
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %q: %s", r.Field, r.Value, r.Why)
}

func refuse(reason Reason, field string, value any, why string) error {
	return &Refusal{Reason: reason, Field: field, Value: fmt.Sprint(value), Why: why}
}
