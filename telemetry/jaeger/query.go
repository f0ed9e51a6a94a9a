// Package jaeger reads a trace from Jaeger's query API and draws it as text, for
// people in a terminal.
package jaeger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxAnswer is room for ten thousand spans.
const maxAnswer = 16 << 20

// ErrNotFound is a trace that Jaeger does not have, or not yet: spans are sent
// some seconds after they end.
var ErrNotFound = errors.New("jaeger has no such trace")

// Span is one span of a trace.
type Span struct {
	ID, Parent string // Parent is empty for a root, and when the parent is missing
	Name       string
	Service    string
	Start      time.Time
	Duration   time.Duration
	// Failure is why the span failed; empty: it did not.
	Failure string
	Tags    map[string]string
}

// Trace reads a trace from the Jaeger at base, such as http://localhost:16686.
// Its spans are in the order in which they began.
func Trace(ctx context.Context, base, id string) ([]Span, error) {
	address, err := url.JoinPath(base, "api", "traces", id)
	if err != nil {
		return nil, fmt.Errorf("jaeger's address: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("jaeger's address: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask jaeger: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask jaeger: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return parse(body)
	case http.StatusNotFound:
		return nil, ErrNotFound
	}
	return nil, fmt.Errorf("ask jaeger: %s: %.200s", resp.Status, body)
}

// answer is what the query API says, as far as it is read.
type answer struct {
	Data []struct {
		Spans     []span `json:"spans"`
		Processes map[string]struct {
			ServiceName string `json:"serviceName"`
		} `json:"processes"`
	} `json:"data"`
}

type span struct {
	SpanID        string `json:"spanID"`
	OperationName string `json:"operationName"`
	ProcessID     string `json:"processID"`
	StartTime     int64  `json:"startTime"` // microseconds
	Duration      int64  `json:"duration"`  // microseconds
	References    []struct {
		RefType string `json:"refType"`
		SpanID  string `json:"spanID"`
	} `json:"references"`
	Tags []struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	} `json:"tags"`
}

func parse(body []byte) ([]Span, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("jaeger's answer: %w", err)
	}
	if len(a.Data) == 0 {
		return nil, ErrNotFound
	}
	var spans []Span
	for _, s := range a.Data[0].Spans {
		spans = append(spans, s.read(a.Data[0].Processes[s.ProcessID].ServiceName))
	}
	adopt(spans)
	slices.SortStableFunc(spans, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return spans, nil
}

func (s span) read(service string) Span {
	out := Span{
		ID: s.SpanID, Name: s.OperationName, Service: service, Tags: map[string]string{},
		Start: time.UnixMicro(s.StartTime), Duration: time.Duration(s.Duration) * time.Microsecond,
	}
	for _, r := range s.References {
		if r.RefType == "CHILD_OF" {
			out.Parent = r.SpanID
		}
	}
	for _, t := range s.Tags {
		out.Tags[t.Key] = fmt.Sprint(t.Value)
	}
	if out.Tags["error"] == "true" {
		out.Failure = "failed: " + out.Tags["otel.status_description"]
	}
	return out
}

// adopt makes spans whose parent is missing roots.
func adopt(spans []Span) {
	known := map[string]bool{}
	for _, s := range spans {
		known[s.ID] = true
	}
	for i := range spans {
		if !known[spans[i].Parent] {
			spans[i].Parent = ""
		}
	}
}
