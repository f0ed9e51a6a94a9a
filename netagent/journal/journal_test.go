package journal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

const (
	claimA = "0b1f9d6e-0000-4000-8000-00000000000a"
	claimB = "0b1f9d6e-0000-4000-8000-00000000000b"
)

func open(t *testing.T) (j *journal.Journal, dir string, log *bytes.Buffer) {
	t.Helper()
	dir, log = filepath.Join(t.TempDir(), "journal"), &bytes.Buffer{}
	j, err := journal.Open(dir, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j, dir, log
}

func entry(claim, key string) journal.Entry {
	return journal.Entry{
		Claim: claim, Key: key, Name: "hw0", Since: time.Unix(1, 0).UTC(),
		Request: &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Macvlan{
			Macvlan: &netagentv1.Macvlan{Parent: "eth0", Mode: 1, MacAddress: []byte{2, 0, 0, 0, 0, 1}}}},
	}
}

// lent is a virtual function as it was, with everything.
func lent() *journal.Was {
	yes := true
	return &journal.Was{
		Device: link.Device{Bus: "pci", Name: "0000:3b:02.1"}, Driver: "iavf",
		Name: "eth9", Altnames: []string{"ens1v5"}, Alias: "mine", Group: 7, MTU: 1500, MAC: journal.MAC{2, 0, 0, 0, 0, 1},
		TxQueueLen: 1000, Up: true, Hearing: 0x100, Carrier: true, Speed: 25000, FixedMAC: true,
		Sizes: &link.Sizes{GSOMaxSize: 65536, GSOMaxSegs: 65535, GROMaxSize: 65536, GSOIPv4MaxSize: 65536, GROIPv4MaxSize: 65536},
		Ethtool: &ethtool.State{
			Features: map[string]bool{"rx-gro": true}, PrivateFlags: map[string]bool{"legacy-rx": false},
			Rings: map[string]uint32{"rx": 512}, Channels: map[string]uint32{"combined": 4}, Coalesce: map[string]uint32{"rxUsecs": 3},
		},
		VF: &journal.WasVF{
			Physical: "0000:3b:00.0", Index: 5, MAC: journal.MAC{2, 0, 0, 0, 0, 2}, Given: true,
			VLAN: link.VLAN{ID: 5, QoS: 3, Protocol: link.VLAN8021Q}, Rate: link.Rate{Min: 1, Max: 2},
			SpoofCheck: &yes, LinkState: link.VFLinkEnable,
		},
	}
}

// lentRDMA is an RDMA device that a pod has.
func lentRDMA() *journal.RDMA {
	r := &journal.RDMA{Index: 7}
	r.Offered.Is = &netagentv1.NodeDevice{Name: "rdma-rxe0", Device: &netagentv1.NodeDevice_Rdma{
		Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "rxe0", NodeGuid: "5054:00ff:feaa:0001", Exclusive: true}}}
	r.Files.Is = &netagentv1.RdmaDevice{CharDevices: []*netagentv1.CharDevice{{Path: "/dev/infiniband/uverbs0", Major: 231, Minor: 192}}}
	return r
}

func TestEntriesComeBack(t *testing.T) {
	j, dir, _ := open(t)
	plain, full := entry(claimA, "a"), entry(claimA, "b")
	full.Made = &journal.Made{Index: 7, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, MTU: 1500}
	full.Leaving = true
	full.Was = lent()
	full.RDMA = lentRDMA()
	for _, e := range []journal.Entry{plain, entry(claimB, "a")} {
		if err := j.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := j.Replace(t.Context(), full); err != nil {
			t.Fatal(err)
		}
	}
	got, err := j.Claim(claimA)
	if diff := cmp.Diff([]journal.Entry{plain, full}, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	ids, err := j.IDs()
	if diff := cmp.Diff([]journal.ID{{claimA, "a"}, {claimA, "b"}, {claimB, "a"}}, ids); err != nil || diff != "" {
		t.Errorf("IDs: %v (-want +got):\n%s", err, diff)
	}
	if all, err := j.All(); len(all) != 3 || err != nil {
		t.Errorf("All: %d entries, %v", len(all), err)
	}
	if all, ofClaim, err := j.Count(claimA); all != 3 || ofClaim != 2 || err != nil {
		t.Errorf("Count: %d, %d of the claim, %v", all, ofClaim, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("files: %v", files)
	}
}

// TestSeesATwin asks for everything again and again, while another journal in the
// same directory adds, replaces and removes, with a node's inotify and without.
func TestSeesATwin(t *testing.T) {
	for what, without := range map[string]bool{"with inotify": false, "without": true} {
		t.Run(what, func(t *testing.T) {
			j, dir, _ := open(t)
			if without {
				j.Close()
			}
			twin, err := journal.Open(dir, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer twin.Close()
			want := map[string]journal.Entry{}
			for n := range 50 {
				e := entry(claimA, string(rune('a'+n%5)))
				e.Since = time.Unix(int64(n), 0).UTC()
				want[e.Key] = e
				if err := twin.Replace(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				if n%7 == 6 {
					delete(want, e.Key)
					if err := twin.Remove(t.Context(), e.Claim, e.Key); err != nil {
						t.Fatal(err)
					}
				}
				wantEntries(t, j, want)
			}
		})
	}
}

// TestMoreChangesThanAreKept has the kernel lose changes: it keeps 16,384.
func TestMoreChangesThanAreKept(t *testing.T) {
	j, dir, _ := open(t)
	twin, err := journal.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer twin.Close()
	want := map[string]journal.Entry{"a": entry(claimA, "a"), "b": entry(claimA, "b")}
	for _, e := range []journal.Entry{want["a"], entry(claimA, "c")} {
		if err := twin.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := j.All(); len(all) != 2 || err != nil {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	for range 9000 {
		other := filepath.Join(dir, "other")
		if err := errors.Join(os.Mkdir(other, 0o700), os.Remove(other)); err != nil {
			t.Fatal(err)
		}
	}
	e := want["a"]
	e.Leaving = true
	want["a"] = e
	if err := errors.Join(twin.Replace(t.Context(), e), twin.Remove(t.Context(), claimA, "c"), twin.Add(t.Context(), want["b"])); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, j, want)
}

// wantEntries compares all entries of claimA, which are all.
func wantEntries(t *testing.T, j *journal.Journal, want map[string]journal.Entry) {
	t.Helper()
	all, err := j.All()
	got := map[string]journal.Entry{}
	for _, e := range all {
		got[e.Key] = e
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	if n, ofClaim, err := j.Count(claimA); n != len(want) || ofClaim != len(want) || err != nil {
		t.Fatalf("Count: %d, %d of the claim, %v", n, ofClaim, err)
	}
}

func TestAddIsExclusiveAndRemoveIsNot(t *testing.T) {
	j, _, _ := open(t)
	if err := j.Add(t.Context(), entry(claimA, "a")); err != nil {
		t.Fatal(err)
	}
	if err := j.Add(t.Context(), entry(claimA, "a")); !errors.Is(err, journal.ErrExists) {
		t.Errorf("second Add: %v, want ErrExists", err)
	}
	for range 2 {
		if err := j.Remove(t.Context(), claimA, "a"); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
	if _, err := j.Get(claimA, "a"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Get: %v, want ErrNotFound", err)
	}
}

func TestSameEntrySameBytes(t *testing.T) {
	j, dir, _ := open(t)
	var first []byte
	for range 20 {
		if err := j.Replace(t.Context(), entry(claimA, "a")); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, claimA+".a.json"))
		if err != nil || first != nil && !bytes.Equal(first, b) {
			t.Fatalf("%v: %s, first %s", err, b, first)
		}
		first = b
	}
}

func TestUnreadableIsSetAside(t *testing.T) {
	good := func(t *testing.T) string {
		j, dir, _ := open(t)
		if err := j.Add(t.Context(), entry(claimA, "a")); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, claimA+".a.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}(t)
	t.Run("a name that is none of an entry", func(t *testing.T) { wantSetAside(t, "broken.json", "{") })
	for what, content := range map[string]string{
		"empty":             "",
		"cut short":         good[:len(good)/2],
		"two values":        good + good,
		"a field too many":  strings.Replace(good, "{", `{"more":1,`, 1),
		"another version":   strings.Replace(good, `"version":1`, `"version":2`, 1),
		"another claim":     strings.Replace(good, claimA, claimB, 1),
		"a wrong request":   strings.Replace(good, "macvlan", "nosuchkind", 1),
		"a wrong made":      strings.Replace(good, `"request"`, `"made":{"index":0,"mac":"","mtu":1},"request"`, 1),
		"larger than 16 KB": good + strings.Repeat(" ", 17<<10),
	} {
		t.Run(what, func(t *testing.T) {
			j := wantSetAside(t, claimA+".a.json", content)
			if err := j.Add(t.Context(), entry(claimA, "a")); err != nil {
				t.Errorf("Add after it: %v", err)
			}
		})
	}
}

// wantSetAside reads a journal with one file that is none of an entry's.
func wantSetAside(t *testing.T, name, content string) *journal.Journal {
	t.Helper()
	j, dir, log := open(t)
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := j.All(); len(list) != 0 || err != nil {
		t.Errorf("All: %v, %v", list, err)
	}
	if _, err := os.Stat(path + ".unreadable"); err != nil {
		t.Error(err)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), name) {
		t.Errorf("%d log lines:\n%s", lines, log)
	}
	return j
}

func TestSweep(t *testing.T) {
	j, dir, _ := open(t)
	if err := j.Add(t.Context(), entry(claimA, "a")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"new-1", "new-2", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, "new-2"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := j.Sweep(time.Minute); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("files: %v", files)
	}
}
