package filetree

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// CopyTo makes the tree's files under dir, which exists.
func (t *Tree) CopyTo(dir string) error {
	if err := t.Err(); err != nil {
		return err
	}
	for _, name := range t.names() {
		if err := t.entries[name].copyTo(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("copy to %s: %w", name, err)
		}
	}
	return nil
}

func (e entry) copyTo(path string) error {
	switch {
	case e.mode.IsDir():
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		return os.Chmod(path, e.mode)
	case e.mode&fs.ModeSymlink != 0:
		return os.Symlink(e.link, path)
	}
	content, _, err := e.open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, e.mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// open is the file's content and its size.
func (e entry) open() (io.ReadCloser, int64, error) {
	if e.from == "" {
		return io.NopCloser(strings.NewReader(e.text)), int64(len(e.text)), nil
	}
	f, err := os.Open(e.from)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// WriteTar writes the tree as a tar archive, as an image's layer is.
func (t *Tree) WriteTar(w io.Writer) error {
	if err := t.Err(); err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	for _, name := range t.names() {
		if err := t.entries[name].writeTar(tw, strings.TrimPrefix(name, "/")); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return tw.Close()
}

func (e entry) writeTar(tw *tar.Writer, name string) error {
	h := &tar.Header{Name: name, Mode: int64(e.mode.Perm()), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	switch {
	case e.mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
		if e.mode&fs.ModeSticky != 0 {
			h.Mode |= 0o1000
		}
		return tw.WriteHeader(h)
	case e.mode&fs.ModeSymlink != 0:
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		return tw.WriteHeader(h)
	}
	content, size, err := e.open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h.Typeflag, h.Size = tar.TypeReg, size
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(tw, content)
	return err
}
