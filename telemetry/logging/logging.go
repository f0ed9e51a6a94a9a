// Package logging gives both processes one way to log: log/slog, carried in
// the context with what is known so far (claim, device, kind), as text or JSON.
//
// Verbosity follows klog: 0 is what an operator reads, 2 is every call and
// change, 4 is every step. klog's V(n) is slog's level -n.
package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/go-logr/logr"
)

// Levels for [slog.Logger.Log]; the named ones of slog are coarser.
const (
	Call = slog.Level(-2) // each call and each change of the node
	Step = slog.Level(-4) // each step of a call
)

// New returns a logger that writes to w what is at most as detailed as
// verbosity. Format is "text" or "json".
func New(w io.Writer, verbosity int, format string) (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: slog.Level(-verbosity), ReplaceAttr: nameLevel}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, fmt.Errorf("log format %q: must be text or json", format)
}

// nameLevel writes the levels between slog's as V(n), not as INFO-2.
func nameLevel(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 || a.Key != slog.LevelKey {
		return a
	}
	if l, ok := a.Value.Any().(slog.Level); ok && l < slog.LevelInfo {
		return slog.String(slog.LevelKey, fmt.Sprintf("V(%d)", -int(l)))
	}
	return a
}

// Into returns a context that carries l, for [From] and for klog.FromContext.
func Into(ctx context.Context, l *slog.Logger) context.Context {
	return logr.NewContextWithSlogLogger(ctx, l)
}

// From returns the context's logger, or slog's default when there is none.
func From(ctx context.Context) *slog.Logger {
	if l := logr.FromContextAsSlogLogger(ctx); l != nil {
		return l
	}
	return slog.Default()
}

// With adds key-value pairs to the context's logger.
func With(ctx context.Context, args ...any) context.Context {
	return Into(ctx, From(ctx).With(args...))
}
