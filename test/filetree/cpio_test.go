package filetree

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWriteCPIO(t *testing.T) {
	tree := &Tree{}
	tree.Text("/init", 0o755, "12345")
	tree.Link("/sh", "busybox")
	tree.Dir("/dev", 0o755)
	var b bytes.Buffer
	if err := tree.WriteCPIO(&b); err != nil {
		t.Fatal(err)
	}
	got := readCPIO(t, b.Bytes())
	want := []string{"dev 40755 \"\"", "init 100755 \"12345\"", "sh 120777 \"busybox\"", "TRAILER!!! 0 \"\""}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// readCPIO reads the format by its description: 110 bytes of header, name and
// content at multiples of 4.
func readCPIO(t *testing.T, b []byte) []string {
	t.Helper()
	number := func(at, field int) int {
		var n int
		start := at + 6 + 8*field
		if _, err := fmt.Sscanf(string(b[start:start+8]), "%x", &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	up := func(n int) int { return (n + 3) / 4 * 4 }
	var entries []string
	for at := 0; at < len(b); {
		if string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d", at)
		}
		mode, size, nameSize := number(at, 1), number(at, 6), number(at, 11)
		name := string(b[at+110 : at+110+nameSize-1])
		content := up(at + 110 + nameSize)
		entries = append(entries, fmt.Sprintf("%s %o %q", name, mode, b[content:content+size]))
		at = up(content + size)
	}
	return entries
}
