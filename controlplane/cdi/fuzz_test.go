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

const podlinkPath = "/var/lib/kubelet/plugins/" + driver + "/podlink"

// FuzzWrite: of any record that can be read there is a spec that the CDI library
// takes, or none. It gives a container a claim's interfaces and device files, one
// hook, and nothing else of the host.
func FuzzWrite(f *testing.F) {
	r := claim()
	r.Version, r.HostNetns = record.Version, 1
	seed, err := r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, true)
	f.Add([]byte(strings.ReplaceAll(string(seed), "net-1.x", "å=b")), false)
	f.Add([]byte(strings.Replace(string(seed), `"link":`, `"rdma":{"ibdev":"rxe0","charDevices":[{"path":"/dev/sda","major":8,"minor":0}]},"link":`, 1)), true)
	dir := f.TempDir()
	s, err := cdi.New(cdi.Config{
		Driver: driver, Dir: dir, Podlink: podlinkPath,
		RecordPath: func(uid string) string { return "/state/" + uid + record.Suffix },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, onHost bool) {
		r, err := record.Parse(b)
		if err != nil {
			return
		}
		there := map[string]bool{}
		for _, d := range r.Devices {
			there[d.Key] = onHost
		}
		if err := s.Write(r, there); err != nil {
			return
		}
		path := filepath.Join(dir, driver+"-claim-"+r.Claim.UID+".json")
		spec, err := cdilib.ReadSpec(path, 0)
		if err != nil {
			t.Fatalf("a runtime refuses it: %v", err)
		}
		checkSpec(t, spec.Spec, r)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	})
}

func checkSpec(t *testing.T, spec *specs.Spec, r *record.Record) {
	t.Helper()
	if diff := cmp.Diff(specs.ContainerEdits{}, spec.ContainerEdits); diff != "" {
		t.Errorf("edits of whoever has any device of it:\n%s", diff)
	}
	for i, d := range spec.Devices {
		want := specs.ContainerEdits{
			Env: d.ContainerEdits.Env, DeviceNodes: d.ContainerEdits.DeviceNodes, NetDevices: d.ContainerEdits.NetDevices,
			Hooks: []*specs.Hook{{
				HookName: "createContainer", Path: podlinkPath,
				Args: []string{"podlink", "/state/" + r.Claim.UID + record.Suffix, r.Devices[i].Key},
			}},
		}
		if diff := cmp.Diff(want, d.ContainerEdits); diff != "" {
			t.Errorf("device %s (-allowed +there):\n%s", d.Name, diff)
		}
		for _, e := range d.ContainerEdits.Env {
			if !strings.HasPrefix(e, "HAWSER_") {
				t.Errorf("variable %q", e)
			}
		}
		for _, n := range d.ContainerEdits.DeviceNodes {
			if !strings.HasPrefix(filepath.Clean(n.Path), "/dev/infiniband/") || n.HostPath != "" && n.HostPath != n.Path {
				b, _ := json.Marshal(n)
				t.Errorf("device file %s", b)
			}
		}
	}
}
