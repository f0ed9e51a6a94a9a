package filetree

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// MergedUsr makes /bin, /sbin, /lib and /lib64 links into /usr, as distributions
// have them, so that a program is found by both of its names.
func (t *Tree) MergedUsr() {
	for _, d := range []string{"bin", "sbin", "lib", "lib64"} {
		t.Dir("/usr/"+d, 0o755)
		t.Link("/"+d, "usr/"+d)
	}
}

// Programs adds programs of the machine, found on its PATH, with the shared
// libraries that they need. It wants MergedUsr.
func (t *Tree) Programs(names ...string) {
	for _, name := range names {
		if err := t.program(name); err != nil {
			t.errs = append(t.errs, err)
		}
	}
}

func (t *Tree) program(name string) error {
	found, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("find the program %s: %w", name, err)
	}
	file, err := filepath.EvalSymlinks(found)
	if err != nil {
		return fmt.Errorf("find the program %s: %w", name, err)
	}
	t.File(usr(file), file)
	if link := path.Join(path.Dir(usr(file)), name); link != usr(file) {
		t.Link(link, path.Base(file))
	}
	libraries, err := libraries(file)
	for _, l := range libraries {
		t.File(usr(l), l)
	}
	return err
}

// loaded are the absolute paths that ldd prints: libraries and the loader.
var loaded = regexp.MustCompile(`(?m)(?:=> |^\s+)(/\S+) \(0x`)

// libraries are the shared libraries that the program loads at its start.
func libraries(file string) ([]string, error) {
	out, err := exec.Command("ldd", file).CombinedOutput()
	if strings.Contains(string(out), "not a dynamic executable") || strings.Contains(string(out), "statically linked") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w: %s", file, err, out)
	}
	var found []string
	for _, m := range loaded.FindAllStringSubmatch(string(out), -1) {
		found = append(found, m[1])
	}
	return found, nil
}

// Busybox adds the machine's static busybox and a link for each of its applets,
// but none for a program that the tree has already: a real one goes first.
func (t *Tree) Busybox() {
	t.Programs("busybox")
	out, err := exec.Command("busybox", "--list").Output()
	if err != nil {
		t.errs = append(t.errs, fmt.Errorf("list busybox's applets: %w", err))
		return
	}
	for _, applet := range strings.Fields(string(out)) {
		if !t.Has("/usr/bin/"+applet) && !t.Has("/usr/sbin/"+applet) {
			t.Link("/usr/bin/"+applet, "busybox")
		}
	}
}

// usr is the file's name in a tree with a merged /usr.
func usr(file string) string {
	if strings.HasPrefix(file, "/usr/") {
		return file
	}
	return "/usr" + file
}
