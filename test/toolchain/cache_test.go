package toolchain

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newCache(t *testing.T, dir string) *Toolchain {
	t.Helper()
	tools, err := New(dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

// TestKeepOnce has many ask for the same thing, each with a cache of its own on
// the same directory, as processes have.
func TestKeepOnce(t *testing.T) {
	dir := t.TempDir()
	var built atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			entry, err := newCache(t, dir).Keep(t.Context(), "thing", "k1", func(dir string) error {
				built.Add(1)
				time.Sleep(50 * time.Millisecond)
				return os.WriteFile(filepath.Join(dir, "f"), []byte("whole"), 0o644)
			})
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := os.ReadFile(filepath.Join(entry, "f")); string(text) != "whole" {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
	all.Wait()
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times", n)
	}
}

func TestKeepAnewForAnotherKey(t *testing.T) {
	tools := newCache(t, t.TempDir())
	nothing := func(string) error { return nil }
	first, err1 := tools.Keep(t.Context(), "thing", "k1", nothing)
	second, err2 := tools.Keep(t.Context(), "thing", "k2", nothing)
	if err := errors.Join(err1, err2); err != nil || first == second {
		t.Errorf("%s, %s, %v", first, second, err)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	tools := newCache(t, t.TempDir())
	reason := errors.New("no luck")
	_, err := tools.Keep(t.Context(), "thing", "k1", func(dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "half"), nil, 0o644), reason)
	})
	if !errors.Is(err, reason) {
		t.Fatalf("got %v", err)
	}
	entry, err := tools.Keep(t.Context(), "thing", "k1", func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(entry); err != nil || len(files) != 0 {
		t.Errorf("half a build is still there: %v, %v", files, err)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	dir := t.TempDir()
	unlock, err := newCache(t, dir).lock(t.Context(), filepath.Join(dir, "thing-k1.lock"), "thing")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = newCache(t, dir).Keep(ctx, "thing", "k1", func(string) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestForget(t *testing.T) {
	tools := newCache(t, t.TempDir())
	entry := func(key string) string {
		t.Helper()
		e, err := tools.Keep(t.Context(), "thing", key, func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	old, recent := entry("old"), entry("recent")
	long := time.Now().Add(-2 * entryAge)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	entry("new")
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old entry is still there: %v", err)
	}
	if _, err := os.Stat(recent); err != nil {
		t.Error(err)
	}
}

func TestFingerprint(t *testing.T) {
	tools := newCache(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "f")
	sum := func(text string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := tools.Fingerprint(file)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if first := sum("a"); first == sum("b") || first != sum("a") {
		t.Error("the fingerprint does not follow the content")
	}
	inside, err := tools.Fingerprint(filepath.Join(tools.dir, "thing-k1", "f"))
	if err != nil || inside != "thing-k1/f" {
		t.Errorf("a file of the cache: %q, %v", inside, err)
	}
}

func TestKey(t *testing.T) {
	if Key("ab", "c") == Key("a", "bc") {
		t.Error("parts run together")
	}
}

func TestStepTellsItsFailure(t *testing.T) {
	var out strings.Builder
	tools, err := New(t.TempDir(), &out)
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("no luck")
	if err := tools.Step("trying", func() error { return reason }); !errors.Is(err, reason) || !strings.Contains(err.Error(), "trying") {
		t.Errorf("got %v", err)
	}
	if err := tools.Step("working", func() error { return nil }); err != nil {
		t.Error(err)
	}
	if got := out.String(); !strings.Contains(got, "trying ...\n") || !strings.Contains(got, "working: done, ") {
		t.Errorf("got %q", got)
	}
}
