// Package bundle gathers what a report of a bug needs to know of a node: what
// the driver has written there, what netagent tells, the node's links. It changes
// nothing, and holds up nobody: it runs beside the driver, in a process of its own.
//
// What cannot be had is no reason to give up the rest. In its place there is a
// file with the reason, whose name ends in ".error".
package bundle

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/controlplane/scrape"
)

const (
	// maxFile is far above a spec or a record of eight devices.
	maxFile = 1 << 20
	// partTime bounds the wait for a process that does not answer.
	partTime = 5 * time.Second
)

// Config is where things are.
type Config struct {
	Version                      string
	CDIDir, StateDir             string
	NetagentSocket, HealthSocket string
	// Now is the time that the files have.
	Now time.Time
}

// Write writes all of it as a tar archive.
func Write(ctx context.Context, to io.Writer, c Config) error {
	b := &bundle{tar: tar.NewWriter(to), now: c.Now}
	b.part("version.txt", func() ([]byte, error) { return []byte(c.Version + "\n"), nil })
	b.part("health.txt", func() ([]byte, error) { return ask(ctx, c.HealthSocket, health.Ready) })
	b.part("metrics.txt", func() ([]byte, error) { return ask(ctx, c.HealthSocket, scrape.Path) })
	b.part("netagent.json", func() ([]byte, error) { return node(ctx, c.NetagentSocket) })
	b.part("links.txt", links)
	b.files("specs", c.CDIDir)
	b.files("records", c.StateDir)
	return errors.Join(b.err, b.tar.Close())
}

// bundle is an archive that is being written. Its error is one of writing: the
// reader is gone.
type bundle struct {
	tar *tar.Writer
	now time.Time
	err error
}

// part adds a file of what get returns, or of why it returns nothing.
func (b *bundle) part(name string, get func() ([]byte, error)) {
	content, err := get()
	if len(content) > 0 || err == nil {
		b.add(name, content)
	}
	if err != nil {
		b.add(name+".error", []byte(err.Error()+"\n"))
	}
}

func (b *bundle) add(name string, content []byte) {
	if b.err != nil {
		return
	}
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: b.now}
	if b.err = b.tar.WriteHeader(h); b.err == nil {
		_, b.err = b.tar.Write(content)
	}
}

// files adds the files of a directory, as they are: what is broken in them may be
// what the report is about.
func (b *bundle) files(as, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.add(as+".error", []byte(err.Error()+"\n"))
	}
	for _, e := range entries {
		if e.Type() == fs.FileMode(0) {
			b.part(path.Join(as, e.Name()), func() ([]byte, error) { return read(dir, e.Name()) })
		}
	}
}

func read(dir, name string) ([]byte, error) {
	f, err := os.Open(path.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(content) > maxFile {
		return content[:maxFile], fmt.Errorf("%s is longer than %d bytes and was cut off there", name, maxFile)
	}
	return content, err
}

func ask(ctx context.Context, socket, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	return health.Read(ctx, socket, path, maxFile)
}
