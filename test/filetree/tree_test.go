package filetree

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sample(t *testing.T) *Tree {
	t.Helper()
	from := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(from, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tree := &Tree{}
	tree.Text("/etc/a/motd", 0o640, "hello")
	tree.File("/usr/bin/tool", from)
	tree.Link("/bin", "usr/bin")
	tree.Dir("/tmp", 0o777|fs.ModeSticky)
	return tree
}

func TestWriteTar(t *testing.T) {
	var b bytes.Buffer
	if err := sample(t).WriteTar(&b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for tr := tar.NewReader(&b); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s: time %v, owner %d:%d", h.Name, h.ModTime, h.Uid, h.Gid)
		}
		got = append(got, h.Name+" "+fs.FileMode(h.Mode).String()+" "+h.Linkname)
	}
	want := []string{
		"bin -rwxrwxrwx usr/bin", "etc/ -rwxr-xr-x ", "etc/a/ -rwxr-xr-x ", "etc/a/motd -rw-r----- ",
		"tmp/ " + fs.FileMode(0o1777).String() + " ", "usr/ -rwxr-xr-x ", "usr/bin/ -rwxr-xr-x ", "usr/bin/tool -rwxr-xr-x ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCopyTo(t *testing.T) {
	dir := t.TempDir()
	if err := sample(t).CopyTo(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "bin", "tool"))
	if err != nil || string(text) != "#!/bin/sh\n" {
		t.Errorf("through the link: %q, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(dir, "tmp"))
	if err != nil || info.Mode() != fs.ModeDir|fs.ModeSticky|0o777 {
		t.Errorf("tmp: %v, %v", info.Mode(), err)
	}
}

func TestDigest(t *testing.T) {
	byContent := func(file string) (string, error) {
		b, err := os.ReadFile(file)
		return string(b), err
	}
	digest := func(change func(*Tree)) string {
		t.Helper()
		tree := sample(t)
		change(tree)
		d, err := tree.Digest(byContent)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	same := digest(func(*Tree) {})
	if digest(func(*Tree) {}) != same {
		t.Error("the same tree from other files has another digest")
	}
	for name, change := range map[string]func(*Tree){
		"a text":   func(tree *Tree) { tree.Text("/etc/a/motd", 0o640, "good-bye") },
		"a mode":   func(tree *Tree) { tree.Text("/etc/a/motd", 0o600, "hello") },
		"a link":   func(tree *Tree) { tree.Link("/bin", "usr/sbin") },
		"a folder": func(tree *Tree) { tree.Dir("/more", 0o755) },
	} {
		if digest(change) == same {
			t.Errorf("%s changed, the digest did not", name)
		}
	}
}

func TestMistakesAreTold(t *testing.T) {
	tree := &Tree{}
	tree.Text("relative", 0o644, "")
	tree.File("/x", "/does/not/exist")
	tree.Programs("no-such-program")
	err := tree.WriteTar(io.Discard)
	for _, want := range []string{"relative", "/does/not/exist", "no-such-program"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not tell of %s", err, want)
		}
	}
}

func TestProgramsBringTheirLibraries(t *testing.T) {
	tree := &Tree{}
	tree.MergedUsr()
	tree.Programs("sh")
	if !tree.Has("/usr/bin/sh") {
		t.Error("no sh")
	}
	if !slices.ContainsFunc(tree.names(), func(n string) bool { return strings.Contains(n, "/libc.so") }) {
		t.Errorf("no libc in %v", tree.names())
	}
	if err := tree.Err(); err != nil {
		t.Error(err)
	}
}
