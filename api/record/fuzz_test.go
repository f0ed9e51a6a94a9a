package record_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/record"
)

// FuzzParse: what is read can be written and read again, and holds nothing that
// a process that runs as root would stumble over.
func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte(strings.Replace(valid, "192.0.2.1/24", "::ffff:192.0.2.1/124", 1)))
	f.Add([]byte(strings.Replace(valid, `"addresses":`, `"routes":[{"destination":"10.0.0.0/8"}],"vrf":{"name":"blue","table":10},"sysctls":{"ipv4.rp_filter":2},"addresses":`, 1)))
	f.Add([]byte(`{"version":1}{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := record.Parse(b)
		if err != nil {
			return
		}
		again, err := r.Marshal()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		got, err := record.Parse(again)
		if err != nil || got.Claim != r.Claim || len(got.Devices) != len(r.Devices) {
			t.Fatalf("%v (-read +read again):\n%s", err, cmp.Diff(r, got))
		}
		if name := r.Claim.UID + record.Suffix; filepath.Base(name) != name {
			t.Errorf("the claim's file %q is a path", name)
		}
		for _, d := range r.Devices {
			checkLink(t, d.Link)
		}
	})
}

func checkLink(t *testing.T, l *record.Link) {
	t.Helper()
	if l == nil {
		return
	}
	for _, name := range []string{l.Name, l.HostName} {
		if len(name) == 0 || len(name) > 15 || strings.ContainsAny(name, "/: %\n\x00") {
			t.Errorf("name %q", name)
		}
	}
	if len(l.Addresses) > layer3.MaxAddresses || l.Alias == "" {
		t.Errorf("%d addresses, alias %q", len(l.Addresses), l.Alias)
	}
	for _, e := range l.Validate() {
		t.Error(e)
	}
}
