package bundle

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/hawser-dra/hawser/controlplane/agent"
)

// node is what netagent tells of devices and attachments, each on a line.
func node(ctx context.Context, socket string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	client, err := agent.New(socket)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	var out bytes.Buffer
	for event, err := range client.Watch(ctx) {
		if err != nil {
			return out.Bytes(), err
		}
		if event.GetSynced() != nil {
			break
		}
		line, err := protojson.Marshal(event)
		if err != nil {
			return out.Bytes(), err
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// links are those of the host's network namespace, which the driver is in.
func links() ([]byte, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, l := range all {
		addresses, err := l.Addrs()
		if err != nil {
			return out.Bytes(), fmt.Errorf("addresses of %s: %w", l.Name, err)
		}
		fmt.Fprintf(&out, "%d %s mtu %d %s %s %v\n", l.Index, l.Name, l.MTU, l.HardwareAddr, l.Flags, addresses)
	}
	return out.Bytes(), nil
}
