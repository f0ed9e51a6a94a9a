package filetree

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// File types of a cpio header, as stat's st_mode has them.
const (
	cpioDir  = 0o040000
	cpioFile = 0o100000
	cpioLink = 0o120000
)

// WriteCPIO writes the tree in cpio's "newc" format, which the kernel takes as
// an initial file system.
func (t *Tree) WriteCPIO(w io.Writer) error {
	if err := t.Err(); err != nil {
		return err
	}
	for i, name := range t.names() {
		e := t.entries[name]
		content, size, err := e.cpioContent()
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		err = cpioRecord(w, i+1, e.cpioMode(), strings.TrimPrefix(name, "/"), content, size)
		_ = content.Close()
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return cpioRecord(w, 0, 0, "TRAILER!!!", strings.NewReader(""), 0)
}

func (e entry) cpioMode() uint32 {
	kind := uint32(cpioFile)
	switch {
	case e.mode.IsDir():
		kind = cpioDir
	case e.mode&fs.ModeSymlink != 0:
		kind = cpioLink
	}
	return kind | uint32(e.mode.Perm())
}

// cpioContent is a file's content, and for a link its target.
func (e entry) cpioContent() (io.ReadCloser, int64, error) {
	switch {
	case e.mode.IsDir():
		return io.NopCloser(strings.NewReader("")), 0, nil
	case e.mode&fs.ModeSymlink != 0:
		return io.NopCloser(strings.NewReader(e.link)), int64(len(e.link)), nil
	}
	return e.open()
}

// cpioRecord writes one entry: a header of 6 + 13*8 characters, the name with a
// zero, the content; name and content are filled up to a multiple of 4 bytes.
func cpioRecord(w io.Writer, inode int, mode uint32, name string, content io.Reader, size int64) error {
	const magic, links = "070701", 1
	header := fmt.Sprintf("%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic,
		inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, len(name)+1, 0)
	if _, err := io.WriteString(w, header+name+"\x00"+padding(int64(len(header)+len(name)+1))); err != nil {
		return err
	}
	if _, err := io.Copy(w, content); err != nil {
		return err
	}
	_, err := io.WriteString(w, padding(size))
	return err
}

func padding(size int64) string {
	return "\x00\x00\x00"[:(4-size%4)%4]
}
