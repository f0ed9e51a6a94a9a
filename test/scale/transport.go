package scale

import (
	"io"
	"net"
	"net/http"
)

// transport counts requests and what is in them.
type transport struct {
	meter *Meter
	next  http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call := callOf(req)
	t.meter.count(call, Tally{Requests: 1, Sent: max(req.ContentLength, 0)})
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &body{resp.Body, t.meter, call}
	return resp, nil
}

// body counts what is read of an answer.
type body struct {
	io.ReadCloser
	meter *Meter
	call  Call
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.meter.count(b.call, Tally{Received: int64(n)})
	return n, err
}

// conn counts what goes over the wire.
type conn struct {
	net.Conn
	meter *Meter
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.wire(0, n)
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.wire(n, 0)
	return n, err
}
