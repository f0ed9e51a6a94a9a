package scale

import "maps"

// Call is a kind of request: a verb of the API and a resource with its
// subresource, as "patch resourceclaims/status".
type Call struct{ Verb, Resource string }

func (c Call) String() string { return c.Verb + " " + c.Resource }

// MarshalText is for JSON.
func (c Call) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Writes says whether it changes an object.
func (c Call) Writes() bool {
	return c.Verb != "get" && c.Verb != "list" && c.Verb != "watch"
}

// Tally is of requests, with the bytes of their bodies. The answer to a watch grows
// as long as it is open.
type Tally struct{ Requests, Sent, Received int64 }

// Traffic is what has been asked for, and the bytes of the connection, which
// encrypts and compresses headers.
type Traffic struct {
	Calls                  map[Call]Tally
	WireSent, WireReceived int64
}

// Plus adds.
func (t Traffic) Plus(other Traffic) Traffic { return t.add(other, 1) }

// Minus is what came after before.
func (t Traffic) Minus(before Traffic) Traffic { return t.add(before, -1) }

func (t Traffic) add(other Traffic, sign int64) Traffic {
	calls := maps.Clone(t.Calls)
	if calls == nil {
		calls = map[Call]Tally{}
	}
	for c, o := range other.Calls {
		n := calls[c]
		calls[c] = Tally{n.Requests + sign*o.Requests, n.Sent + sign*o.Sent, n.Received + sign*o.Received}
	}
	maps.DeleteFunc(calls, func(_ Call, n Tally) bool { return n == Tally{} })
	return Traffic{
		Calls: calls, WireSent: t.WireSent + sign*other.WireSent, WireReceived: t.WireReceived + sign*other.WireReceived,
	}
}

// Requests of all kinds.
func (t Traffic) Requests() (n int64) {
	for _, tally := range t.Calls {
		n += tally.Requests
	}
	return n
}

// Writes are the requests that change something.
func (t Traffic) Writes() (n int64) {
	for call, tally := range t.Calls {
		if call.Writes() {
			n += tally.Requests
		}
	}
	return n
}

// sentToWrite are the bytes of what was to be written.
func (t Traffic) sentToWrite() (n int64) {
	for call, tally := range t.Calls {
		if call.Writes() {
			n += tally.Sent
		}
	}
	return n
}
