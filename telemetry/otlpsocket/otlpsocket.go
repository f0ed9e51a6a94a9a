// Package otlpsocket sends spans over a Unix socket, in OTLP: netagent's way to
// the driver's relay. It opens no other socket, whatever the environment says,
// and is small: OpenTelemetry's own client brings an HTTP gateway, compression
// and settings by which it could be pointed at an address.
package otlpsocket

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Export is OTLP's one call for traces. Its request is on the wire what
// tracepb.TracesData is.
const Export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// sendTime bounds one call: the relay only puts into a queue.
const sendTime = 2 * time.Second

type client struct {
	socket string
	conn   *grpc.ClientConn
}

// New returns a client of the relay that listens, now, later or never, on
// socket.
func New(socket string) otlptrace.Client { return &client{socket: socket} }

// Start connects to nothing yet.
func (c *client) Start(context.Context) (err error) {
	c.conn, err = grpc.NewClient("unix:"+c.socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableServiceConfig())
	if err != nil {
		return fmt.Errorf("relay for spans at %s: %w", c.socket, err)
	}
	return nil
}

// UploadTraces tries once: the SDK's queue has newer spans to send.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return c.conn.Invoke(ctx, Export, &tracepb.TracesData{ResourceSpans: spans}, &emptypb.Empty{})
}

// Stop closes the connection.
func (c *client) Stop(context.Context) error { return c.conn.Close() }
