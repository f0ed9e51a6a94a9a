package scrape_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/controlplane/scrape"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// A driver that replaces another one waits for its port.
func TestWaitsForTheAddress(t *testing.T) {
	old, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- scrape.Run(ctx, old.Addr().String(), hello) }()
	time.Sleep(100 * time.Millisecond)
	_ = old.Close()
	url := "http://" + old.Addr().String()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		code, body := get(t, url+scrape.Path)
		if code == http.StatusOK && body == "hello" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("got %d, %s", code, body)
		}
	}
	if code, _ := get(t, url+"/debug/vars"); code != http.StatusNotFound {
		t.Errorf("another path: %d", code)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWaitEnds(t *testing.T) {
	old, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := scrape.Run(ctx, old.Addr().String(), hello); err != nil {
		t.Error(err)
	}
}

func TestNoAddress(t *testing.T) {
	if err := scrape.Run(t.Context(), "", hello); err != nil {
		t.Error(err)
	}
	if err := scrape.Run(t.Context(), "nowhere", hello); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}
