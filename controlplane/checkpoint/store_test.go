package checkpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	uid1 = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
	uid2 = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0002"
)

func made(uid string, pods ...string) *record.Record {
	return &record.Record{
		Version: record.Version, HostNetns: 1,
		Claim: record.Claim{UID: uid, Namespace: "ns", Name: "c"},
		Pods:  pods,
		Devices: []record.Device{{
			Key: "d0", Config: json.RawMessage(`{}`), Link: &record.Link{Name: "net1", HostName: "hw1", Alias: "mark"},
		}},
	}
}

func open(t *testing.T, dir string) (*checkpoint.Store, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := logging.New(&out, 0, "text")
	if err != nil {
		t.Fatal(err)
	}
	s, err := checkpoint.Open(logging.Into(context.Background(), log), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, &out
}

func put(t *testing.T, s *checkpoint.Store, records ...*record.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
}

func get(t *testing.T, s *checkpoint.Store, uid string) *record.Record {
	t.Helper()
	r, err := s.Get(uid)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, _ := open(t, dir)
	put(t, s, made(uid1, "p1", "p2"), made(uid2, "p2"))

	s, out := open(t, dir)
	if out.Len() > 0 {
		t.Errorf("log: %s", out)
	}
	if diff := cmp.Diff(made(uid1, "p1", "p2"), get(t, s, uid1)); diff != "" {
		t.Error(diff)
	}
	if got := []int{len(s.All()), len(s.OfPod("p1")), len(s.OfPod("p2")), len(s.OfPod("p3"))}; !cmp.Equal(got, []int{2, 1, 2, 0}) {
		t.Errorf("found %v records in all, of p1, p2 and p3", got)
	}
	for range 2 {
		if err := s.Delete(uid1); err != nil {
			t.Fatal(err)
		}
	}
	if get(t, s, uid1) != nil || len(s.All()) != 1 {
		t.Error("a deleted record is still there")
	}
}

// A claim that is prepared again may be for other pods.
func TestOfPod(t *testing.T) {
	s, _ := open(t, t.TempDir())
	found := func() []int { return []int{len(s.OfPod("p1")), len(s.OfPod("p2")), len(s.OfPod("p3"))} }
	put(t, s, made(uid1, "p1", "p2"), made(uid2, "p2"), made(uid1, "p2", "p3"))
	if got := found(); !cmp.Equal(got, []int{0, 2, 1}) {
		t.Errorf("found %v records of p1, p2 and p3", got)
	}
	if err := s.Delete(uid1); err != nil {
		t.Fatal(err)
	}
	if got := found(); !cmp.Equal(got, []int{0, 1, 0}) {
		t.Errorf("found %v records after one was deleted", got)
	}
}

func TestTwoDrivers(t *testing.T) {
	dir := t.TempDir()
	one, _ := open(t, dir)
	two, _ := open(t, dir)
	put(t, one, made(uid1, "p1"))
	if get(t, two, uid1) == nil {
		t.Error("the second driver does not see what the first has written")
	}
	if len(two.OfPod("p1")) != 1 {
		t.Error("the second driver forgets what it has seen")
	}
	if err := one.Delete(uid1); err != nil {
		t.Fatal(err)
	}
	if get(t, two, uid1) != nil || len(two.All()) != 0 {
		t.Error("the second driver sees what the first has removed")
	}
}

func TestFilesThatAreNoRecords(t *testing.T) {
	whole, err := made(uid1).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"truncated":            whole[:len(whole)/2],
		"empty":                nil,
		"not JSON":             []byte("hello"),
		"another claim's":      bytes.ReplaceAll(whole, []byte(uid1), []byte(uid2)),
		"another version":      bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":9`), 1),
		"too big":              bytes.Repeat([]byte(" "), record.MaxSize+1),
		"more after its end":   append(bytes.Clone(whole), "{}"...),
		"with a foreign field": bytes.Replace(whole, []byte(`"version"`), []byte(`"x":1,"version"`), 1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, uid1+record.Suffix)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			s, out := open(t, dir)
			if len(s.All()) != 0 || get(t, s, uid1) != nil {
				t.Error("it was believed")
			}
			if n := strings.Count(out.String(), "\n"); n != 1 {
				t.Errorf("%d lines in the log, want 1: %s", n, out)
			}
			aside, err := os.ReadFile(path + ".broken")
			if err != nil || !bytes.Equal(aside, content) {
				t.Errorf("it was not set aside: %v", err)
			}
			put(t, s, made(uid1))
			if get(t, s, uid1) == nil {
				t.Error("the claim cannot be prepared anew")
			}
		})
	}
}

func TestOtherFilesStay(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"dra.sock", "podlink", "x.alloc.json.broken", ".x.alloc.json.1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"+record.Suffix), 0o700); err != nil {
		t.Fatal(err)
	}
	_, out := open(t, dir)
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines in the log, want 1, of the directory: %s", n, out)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 5 {
		t.Errorf("%d entries are left of 5", len(entries))
	}
}

func TestPutRefusesWhatCouldNotBeRead(t *testing.T) {
	s, _ := open(t, t.TempDir())
	r := made(uid1)
	r.Devices[0].Link.HostName = ""
	if err := s.Put(r); err == nil {
		t.Fatal("it was written")
	}
	if get(t, s, uid1) != nil {
		t.Error("it is remembered")
	}
}
