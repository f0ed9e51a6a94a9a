// Package filetree describes a tree of files before there is one: what goes
// where, from which file of the machine or with which text. The same tree can be
// told by a digest, copied to a directory, or written as a tar or cpio archive.
//
// A tree written twice is the same to the byte: names are sorted, owners are
// root, and every time is the epoch.
package filetree

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Tree is a file tree to be. The zero value is empty and ready to use. Paths in
// it are absolute; the folders above an entry come by themselves, with mode 0755.
//
// Mistakes are kept and told once, by Err or whatever uses the tree, so that a
// tree can be described in plain lines.
type Tree struct {
	entries map[string]entry
	errs    []error
}

// entry is one of: a folder, a symbolic link, a text, a copy of a file.
type entry struct {
	mode fs.FileMode // type and permissions
	link string      // a symbolic link's target
	text string      // a small file's content
	from string      // the file to copy, if not empty
}

// Dir adds a folder.
func (t *Tree) Dir(name string, perm fs.FileMode) {
	t.add(name, entry{mode: fs.ModeDir | perm})
}

// Link adds a symbolic link.
func (t *Tree) Link(name, target string) {
	t.add(name, entry{mode: fs.ModeSymlink | 0o777, link: target})
}

// Text adds a file with that content.
func (t *Tree) Text(name string, perm fs.FileMode, content string) {
	t.add(name, entry{mode: perm, text: content})
}

// File adds a copy of the machine's file from. It is executable in the tree if
// it is on the machine.
func (t *Tree) File(name, from string) {
	info, err := os.Stat(from)
	if err != nil {
		t.errs = append(t.errs, err)
		return
	}
	if !info.Mode().IsRegular() {
		t.errs = append(t.errs, fmt.Errorf("%s is not a file", from))
		return
	}
	perm := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		perm = 0o755
	}
	t.add(name, entry{mode: perm, from: from})
}

// Has tells whether there is an entry of that name.
func (t *Tree) Has(name string) bool {
	_, ok := t.entries[path.Clean(name)]
	return ok
}

// Err is what was wrong with the entries added so far.
func (t *Tree) Err() error {
	return errors.Join(t.errs...)
}

// Digest tells the tree. fingerprint tells the content of a file to copy.
func (t *Tree) Digest(fingerprint func(file string) (string, error)) (string, error) {
	if err := t.Err(); err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range t.names() {
		e := t.entries[name]
		sum := ""
		if e.from != "" {
			var err error
			if sum, err = fingerprint(e.from); err != nil {
				return "", err
			}
		}
		h.Write(fmt.Appendf(nil, "%q %v %q %q %q\n", name, e.mode, e.link, e.text, sum))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (t *Tree) add(name string, e entry) {
	name = path.Clean(name)
	if !strings.HasPrefix(name, "/") {
		t.errs = append(t.errs, fmt.Errorf("%s is not an absolute path", name))
		return
	}
	if t.entries == nil {
		t.entries = map[string]entry{}
	}
	for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
		if _, ok := t.entries[dir]; !ok {
			t.entries[dir] = entry{mode: fs.ModeDir | 0o755}
		}
	}
	if name != "/" {
		t.entries[name] = e
	}
}

// names are the entries' paths, each folder before what is in it.
func (t *Tree) names() []string {
	names := make([]string, 0, len(t.entries))
	for n := range t.entries {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
