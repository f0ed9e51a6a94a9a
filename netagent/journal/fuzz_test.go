package journal_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/hawser-dra/hawser/netagent/journal"
)

// FuzzEntry: a file is an entry, which says the same when it is written again, or
// it is set aside.
func FuzzEntry(f *testing.F) {
	dir := f.TempDir()
	j, err := journal.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(j.Close)
	path := filepath.Join(dir, claimA+".net1.json")
	for _, made := range []*journal.Made{nil, {Index: 7, MAC: []byte{2, 0, 0, 0, 0, 1}, MTU: 1500}} {
		e := entry(claimA, "net1")
		e.Made, e.RDMA = made, lentRDMA()
		if err := j.Replace(f.Context(), e); err != nil {
			f.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := j.Get(claimA, "net1")
		// A file system may flush what is written over.
		defer os.Remove(path + ".unreadable")
		defer os.Remove(path)
		if err != nil {
			wantAside(t, path, err)
			return
		}
		if e.Claim != claimA || e.Key != "net1" {
			t.Fatalf("it is the entry of %s, %s", e.Claim, e.Key)
		}
		if err := errors.Join(os.Remove(path), j.Replace(t.Context(), e)); err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		again, err := j.Get(claimA, "net1")
		if diff := cmp.Diff(e, again, protocmp.Transform()); err != nil || diff != "" {
			t.Errorf("%v (-read +read again):\n%s", err, diff)
		}
	})
}

func wantAside(t *testing.T, path string, err error) {
	t.Helper()
	if !errors.Is(err, journal.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file is still there")
	}
}
