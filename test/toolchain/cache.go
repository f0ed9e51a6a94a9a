package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Keep returns the directory of the entry name that was made from what key
// tells. If there is none, build fills a new directory, which becomes the entry
// when build succeeds. Of two processes with the same wish, one builds and the
// other waits.
//
// What is inside an entry must not depend on anything that is not in key, and
// must not hold the path that build was given.
func (t *Toolchain) Keep(ctx context.Context, name, key string, build func(dir string) error) (string, error) {
	entry := filepath.Join(t.dir, name+"-"+key)
	unlock, err := t.lock(ctx, entry+".lock", name)
	if err != nil {
		return "", err
	}
	defer unlock()
	now := time.Now()
	switch err := os.Chtimes(entry, now, now); {
	case err == nil:
		return entry, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("use %s from the cache: %w", name, err)
	}
	if err := fill(entry, build); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	t.forget(name, entry)
	return entry, nil
}

// fill builds beside the entry and renames, so that an entry is always whole.
func fill(entry string, build func(dir string) error) (err error) {
	part := entry + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := os.Mkdir(part, 0o755); err != nil {
		return err
	}
	if err := build(part); err != nil {
		return err
	}
	return os.Rename(part, entry)
}

// lock takes the file's lock, or waits for it.
func (t *Toolchain) lock(ctx context.Context, path, name string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	for told := false; ; told = true {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case err == nil:
			return func() { _ = f.Close() }, nil
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			_ = f.Close()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		if !told {
			t.Logf("waiting for another process that prepares %s", name)
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for %s: %w", name, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// forget removes the name's entries that nobody has used for long. Lock files
// stay: removing one could let two processes hold "the" lock.
func (t *Toolchain) forget(name, except string) {
	entries, err := filepath.Glob(filepath.Join(t.dir, name+"-*"))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := os.Stat(e)
		if err != nil || !info.IsDir() || e == except || time.Since(info.ModTime()) < entryAge {
			continue
		}
		if err := os.RemoveAll(e); err != nil {
			t.Logf("remove old %s: %v", filepath.Base(e), err)
		}
	}
}

// Key is the hash of all parts, short enough for a file name.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(fmt.Appendf(nil, "%d:%s", len(p), p))
	}
	return hex.EncodeToString(h.Sum(nil))[:20]
}

// Fingerprint tells a file by its content. A file of the cache is told by its
// name instead, which says as much and costs nothing.
func (t *Toolchain) Fingerprint(path string) (string, error) {
	if rel, err := filepath.Rel(t.dir, path); err == nil && filepath.IsLocal(rel) {
		return rel, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("fingerprint %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sources is the fingerprint of all files under dir that a Go build reads.
func (t *Toolchain) sources(dir string) (string, error) {
	var parts []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		sum, err := t.Fingerprint(path)
		parts = append(parts, strings.TrimPrefix(path, dir), sum)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the sources in %s: %w", dir, err)
	}
	return Key(parts...), nil
}
