package floor

import (
	"fmt"
	"os"
	"path/filepath"
)

// File is a file that is written again and again, each time as a temporary one
// that is renamed, without fsync.
type File struct {
	path    string
	content []byte
}

// NewFile returns a file of so many bytes, in a directory that it makes.
func NewFile(dir string, size int) (*File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("floor's file: %w", err)
	}
	return &File{filepath.Join(dir, "floor"), make([]byte, size)}, nil
}

// Write writes it.
func (f *File) Write() error {
	if err := os.WriteFile(f.path+".part", f.content, 0o644); err != nil {
		return err
	}
	return os.Rename(f.path+".part", f.path)
}

// Remove removes it.
func (f *File) Remove() error { return os.Remove(f.path) }
