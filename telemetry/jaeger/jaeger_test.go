package jaeger_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/telemetry/jaeger"
)

const id = "6f0b8a4497e24d2c8d5f000000000001"

// serve answers like a Jaeger that has one trace.
func serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/traces/"+id {
			http.Error(w, `{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}`, http.StatusNotFound)
			return
		}
		http.ServeFile(w, r, "testdata/trace.json")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestWaterfall(t *testing.T) {
	spans, err := jaeger.Trace(t.Context(), serve(t), id)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := jaeger.Waterfall(&got, spans); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/waterfall.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestNoTrace(t *testing.T) {
	if _, err := jaeger.Trace(t.Context(), serve(t), "0123"); !errors.Is(err, jaeger.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := jaeger.Trace(t.Context(), "http://127.0.0.1:1", id); err == nil {
		t.Error("no error without a Jaeger")
	}
}
