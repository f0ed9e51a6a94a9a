package logging_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"k8s.io/klog/v2"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

func TestVerbosityAndContext(t *testing.T) {
	var out bytes.Buffer
	l, err := logging.New(&out, 2, "json")
	if err != nil {
		t.Fatal(err)
	}
	ctx := logging.With(logging.Into(context.Background(), l), "claim", "u1")
	logging.From(ctx).Log(ctx, logging.Call, "seen")
	logging.From(ctx).Log(ctx, logging.Step, "hidden")
	klog.FromContext(ctx).V(2).Info("from klog")
	klog.FromContext(ctx).V(4).Info("hidden")

	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != 2 {
		t.Fatalf("got %d lines, want 2:\n%s", len(got), out.String())
	}
	for i, want := range []string{`"msg":"seen"`, `"msg":"from klog"`} {
		for _, part := range []string{want, `"claim":"u1"`, `"level":"V(2)"`} {
			if !strings.Contains(got[i], part) {
				t.Errorf("line %d: %s lacks %s", i, got[i], part)
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := logging.New(nil, 0, "xml"); err == nil {
		t.Fatal("no error for an unknown format")
	}
}
