package rig

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Counter is a way to the API server that counts who asks for what.
type Counter struct {
	// Kubeconfig has clients go this way.
	Kubeconfig string

	server *httptest.Server
	mu     sync.Mutex
	times  map[string][]time.Time
}

// NewCounter starts one.
func (m *Machine) NewCounter() (*Counter, error) {
	config, err := clientcmd.BuildConfigFromFlags("", m.Kubeconfig)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	c := &Counter{times: map[string][]time.Time{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport, proxy.FlushInterval = transport, -1
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode >= http.StatusBadRequest {
			c.add(r.Request, " refused")
		}
		return nil
	}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.add(r, "")
		proxy.ServeHTTP(w, r)
	}))
	c.Kubeconfig = filepath.Join(m.Dir, "by-"+c.server.Listener.Addr().String())
	text := fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: %q}}], contexts: [{name: c, context: {cluster: c}}]}", c.server.URL)
	return c, os.WriteFile(c.Kubeconfig, []byte(text), 0o600)
}

// add counts a request, by verb and resource, and what became of it.
func (c *Counter) add(r *http.Request, how string) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	what := "other"
	for i, p := range parts {
		if p == "v1" && i+1 < len(parts) {
			what = parts[i+1]
			if what == "namespaces" && i+3 < len(parts) {
				what = parts[i+3]
			}
		}
	}
	verb := r.Method
	if r.URL.Query().Get("watch") != "" {
		verb = "WATCH"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[verb+" "+what+how] = append(c.times[verb+" "+what+how], time.Now())
}

// Take returns what has been counted since it was last called.
func (c *Counter) Take() map[string]int {
	counts := map[string]int{}
	for what, times := range c.TakeTimes() {
		counts[what] = len(times)
	}
	return counts
}

// TakeTimes is Take with the time of each request.
func (c *Counter) TakeTimes() map[string][]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	times := maps.Clone(c.times)
	clear(c.times)
	return times
}

// Close ends it.
func (c *Counter) Close() { c.server.CloseClientConnections(); c.server.Close() }
