package cdi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	cdilib "tags.cncf.io/container-device-interface/pkg/cdi"
	"tags.cncf.io/container-device-interface/specs-go"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/cdi"
)

const (
	driver = "dra.example.com"
	uid    = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
)

func open(t *testing.T, podlink string) (*cdi.Specs, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cdi")
	s, err := cdi.New(cdi.Config{
		Driver: driver, Dir: dir, Podlink: podlink,
		RecordPath: func(uid string) string { return "/state/" + uid + record.Suffix },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func claim() *record.Record {
	device := func(key, name, kind string) record.Device {
		return record.Device{
			Key:    key,
			Config: json.RawMessage(`{"type": "netdev", "netdev": {"kind": "` + kind + `"}}`),
			Link:   &record.Link{Name: name, HostName: "hw-" + key, Alias: "mark"},
		}
	}
	return &record.Record{Claim: record.Claim{UID: uid}, Devices: []record.Device{
		device("d0", "net1", "macvlan"), device("d1", "net-1.x", "dummy"),
	}}
}

// load reads the directory as a runtime does.
func load(t *testing.T, dir string) *cdilib.Cache {
	t.Helper()
	cache, err := cdilib.NewCache(cdilib.WithSpecDirs(dir), cdilib.WithAutoRefresh(false))
	if err != nil {
		t.Fatal(err)
	}
	for path, errs := range cache.GetErrors() {
		t.Errorf("%s: %v", path, errs)
	}
	return cache
}

func TestWrite(t *testing.T) {
	s, dir := open(t, "/plugins/podlink")
	if err := s.Write(claim(), map[string]bool{"d0": true}); err != nil {
		t.Fatal(err)
	}
	cache := load(t, dir)
	for id, want := range map[string]specs.ContainerEdits{
		"dra.example.com/claim=" + uid + "-d0": {
			Env:        []string{"HAWSER_NET1=macvlan"},
			NetDevices: []*specs.LinuxNetDevice{{HostInterfaceName: "hw-d0", Name: "net1"}},
			Hooks:      []*specs.Hook{{HookName: "createContainer", Path: "/plugins/podlink", Args: []string{"podlink", "/state/" + uid + ".alloc.json", "d0"}}},
		},
		"dra.example.com/claim=" + uid + "-d1": {
			Env:   []string{"HAWSER_NET_1_X=dummy"},
			Hooks: []*specs.Hook{{HookName: "createContainer", Path: "/plugins/podlink", Args: []string{"podlink", "/state/" + uid + ".alloc.json", "d1"}}},
		},
	} {
		if got := s.DeviceID(uid, id[len(id)-2:]); got != id {
			t.Errorf("device is called %s, want %s", got, id)
		}
		d := cache.GetDevice(id)
		if d == nil {
			t.Errorf("the runtime does not find %s", id)
			continue
		}
		if diff := cmp.Diff(want, d.ContainerEdits); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
		if v := d.GetSpec().Version; v != "1.1.0" {
			t.Errorf("version is %s", v)
		}
	}
}

// TestDeviceFiles gives management datagrams to root alone, as the kernel does.
func TestDeviceFiles(t *testing.T) {
	s, dir := open(t, "")
	r := claim()
	r.Devices[0].Config = json.RawMessage(`{"type": "rdma", "rdma": {"kind": "uverbs"}}`)
	r.Devices[0].Link = nil
	r.Devices[0].RDMA = &record.RDMA{IBDev: "mlx5_0", CharDevices: []record.CharDevice{
		{Path: "/dev/infiniband/umad3", Major: 231, Minor: 3}, {Path: "/dev/infiniband/uverbs1", Major: 231, Minor: 193},
	}}
	if err := s.Write(r, nil); err != nil {
		t.Fatal(err)
	}
	all, root := os.FileMode(0o666), os.FileMode(0o600)
	want := specs.ContainerEdits{Env: []string{"HAWSER_RDMA_MLX5_0=uverbs"}, DeviceNodes: []*specs.DeviceNode{
		{Path: "/dev/infiniband/umad3", Type: "c", Major: 231, Minor: 3, FileMode: &root, Permissions: "rw"},
		{Path: "/dev/infiniband/uverbs1", Type: "c", Major: 231, Minor: 193, FileMode: &all, Permissions: "rw"},
	}}
	if diff := cmp.Diff(want, load(t, dir).GetDevice(s.DeviceID(uid, "d0")).ContainerEdits); diff != "" {
		t.Error(diff)
	}
}

func TestWriteWithoutPodlink(t *testing.T) {
	s, dir := open(t, "")
	if err := s.Write(claim(), nil); err != nil {
		t.Fatal(err)
	}
	d := load(t, dir).GetDevice(s.DeviceID(uid, "d0"))
	if diff := cmp.Diff(specs.ContainerEdits{Env: []string{"HAWSER_NET1=macvlan"}}, d.ContainerEdits); diff != "" {
		t.Error(diff)
	}
}

func TestFile(t *testing.T) {
	s, dir := open(t, "")
	if err := s.Write(claim(), nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "dra.example.com-claim-"+uid+".json")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if before.Mode().Perm() != 0o600 {
		t.Errorf("mode is %o", before.Mode().Perm())
	}
	if err := s.Write(claim(), nil); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("equal content was written again")
	}
	if err := s.Write(claim(), map[string]bool{"d0": true}); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); os.SameFile(before, after) {
		t.Error("the file was changed in place, not replaced")
	}
	for range 2 {
		if err := s.Remove(uid); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%s is left", left[0].Name())
	}
}

func TestList(t *testing.T) {
	s, dir := open(t, "")
	if err := s.Write(claim(), nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"other.example.com-claim-" + uid + ".json",
		"dra.example.com-claim-notes.json",
		"." + "dra.example.com-claim-" + uid + ".json.1.tmp",
		"dra.example.com-claim-" + uid + ".yaml",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.List()
	if err != nil || !cmp.Equal(got, []string{uid}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// What a runtime would refuse never reaches the directory.
func TestRefused(t *testing.T) {
	for want, change := range map[string]func(*record.Record){
		`-d0: invalid linux net device, empty HostInterfaceName`:               func(r *record.Record) { r.Devices[0].Link.HostName = "" },
		`CDI spec: invalid class "/x-d0", should start with a letter or digit`: func(r *record.Record) { r.Claim.UID = "/x" },
		`has nothing to edit`: func(r *record.Record) { r.Devices[0].Link = nil },
		`CDI spec: device d1: configuration in the record: unexpected end of JSON input`: func(r *record.Record) { r.Devices[1].Config = nil },
	} {
		s, dir := open(t, "")
		r := claim()
		change(r)
		err := s.Write(r, map[string]bool{"d0": true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s is written", left[0].Name())
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []cdi.Config{{Driver: "a/b"}, {Driver: driver, Podlink: "podlink"}} {
		c.Dir = t.TempDir()
		if _, err := cdi.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
