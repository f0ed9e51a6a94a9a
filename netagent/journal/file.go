package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// maxSize bounds a file. The largest entry, of a virtual function with every
// setting, is under 4 KiB.
const maxSize = 16 << 10

// Add writes the entry of a new attachment, or returns [ErrExists] when there
// is one, from this process or from a twin.
func (j *Journal) Add(ctx context.Context, e Entry) error {
	return j.write(ctx, e, func(temp, path string) error {
		err := os.Link(temp, path)
		if errors.Is(err, fs.ErrExist) {
			return ErrExists
		}
		return err
	})
}

// Replace writes the entry of an attachment, whether there is one or not.
func (j *Journal) Replace(ctx context.Context, e Entry) error {
	return j.write(ctx, e, os.Rename)
}

// Remove forgets an attachment. One that is gone already is fine.
func (j *Journal) Remove(ctx context.Context, claim, key string) error {
	return tracing.Do(ctx, "journal remove", func(context.Context) error {
		err := os.Remove(filepath.Join(j.dir, fileName(claim, key)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove journal entry: %w", err)
		}
		return nil
	})
}

func (j *Journal) write(ctx context.Context, e Entry, place func(temp, path string) error) error {
	return tracing.Do(ctx, "journal write", func(context.Context) error { return j.put(e, place) })
}

// put fills a file under another name and lets place put it where it belongs, so
// that a reader sees all of it or nothing.
func (j *Journal) put(e Entry, place func(temp, path string) error) error {
	b, err := e.marshal()
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(j.dir, tempPrefix+"*")
	if err != nil {
		return fmt.Errorf("write journal entry: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Close()); err == nil {
		fault.Point(fault.NetagentEntryWritten)
		err = place(temp.Name(), filepath.Join(j.dir, fileName(e.Claim, e.Key)))
	}
	if err != nil {
		return fmt.Errorf("write journal entry: %w", err)
	}
	return nil
}

// readBounded reads a byte more than a file may have, so that unmarshal sees one
// that is too large.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}
