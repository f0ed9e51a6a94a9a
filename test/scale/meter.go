package scale

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Meter counts the traffic of one client. Its zero value is ready.
type Meter struct {
	mu      sync.Mutex
	traffic Traffic
}

// Traffic until now.
func (m *Meter) Traffic() Traffic {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Traffic{}.Plus(m.traffic)
}

// Wrap is for rest.Config.
func (m *Meter) Wrap(next http.RoundTripper) http.RoundTripper { return &transport{m, next} }

// Dial is for rest.Config. Clients that dial by one function share connections, so
// that this gives each client its own.
func (m *Meter) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{c, m}, nil
}

func (m *Meter) count(c Call, more Tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.traffic = m.traffic.Plus(Traffic{Calls: map[Call]Tally{c: more}})
}

func (m *Meter) wire(sent, received int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.traffic.WireSent += int64(sent)
	m.traffic.WireReceived += int64(received)
}
