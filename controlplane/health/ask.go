package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// maxAnswer is what a kubelet shows of a probe's output.
const maxAnswer = 10 * 1024

// Ask returns nil when the driver that listens on socket says that it is well,
// and what it says otherwise. Path is [Live] or [Ready].
func Ask(ctx context.Context, socket, path string) error {
	_, err := Read(ctx, socket, path, maxAnswer)
	return err
}

// Read returns what the driver that listens on socket says at path, up to a
// number of bytes.
func Read(ctx context.Context, socket, path string, most int64) ([]byte, error) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://driver"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the driver does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, fmt.Errorf("the driver does not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(answer)))
	}
	return answer, nil
}
