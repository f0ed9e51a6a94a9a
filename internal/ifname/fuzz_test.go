package ifname_test

import (
	"testing"
	"unicode"

	"github.com/hawser-dra/hawser/internal/ifname"
)

// FuzzCheck: the kernel takes every name that is allowed (dev_valid_name in
// net/core/dev.c), as it is (no %, which is a pattern).
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"net1", "..", "net%d", "a/b", "sixteen-bytes-xx", "\xc2\xa0", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if ifname.Check(name) != nil {
			return
		}
		if len(name) == 0 || len(name) > 15 || name == "." || name == ".." {
			t.Errorf("%q", name)
		}
		for i, r := range name {
			if r == '/' || r == ':' || r == '%' || unicode.IsSpace(r) || unicode.IsControl(r) {
				t.Errorf("%q at %d", name, i)
			}
		}
	})
}
