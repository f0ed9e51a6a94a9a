package product

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBillOfMaterials compares the bill of each binary with the modules that the
// linker wrote into the binary that is shipped.
func TestBillOfMaterials(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binaries, which -short is not for")
	}
	const repo = "../.."
	const version = "v0.0.0-test"
	if out, err := exec.CommandContext(t.Context(), "make", "-C", repo, "sbom", "VERSION="+version).CombinedOutput(); err != nil {
		t.Fatalf("make sbom: %v\n%s", err, out)
	}
	bin := t.TempDir()
	if err := (Source{Repo: repo, Version: version}).Compile(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadDir(bin)
	if err != nil || len(shipped) != 3 {
		t.Fatalf("shipped: %v, %v", shipped, err)
	}
	for _, b := range shipped {
		t.Run(b.Name(), func(t *testing.T) {
			listed := billOf(t, filepath.Join(repo, "bin", "sbom", b.Name()+".cdx.json"))
			if diff := cmp.Diff(linkedIn(t, filepath.Join(bin, b.Name())), listed); diff != "" {
				t.Errorf("the bill is not what is linked (-linked +bill):\n%s", diff)
			}
		})
	}
}

// linkedIn are the modules in a binary, and Go.
func linkedIn(t *testing.T, path string) []string {
	t.Helper()
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"std " + info.GoVersion}
	for _, d := range info.Deps {
		all = append(all, d.Path+" "+d.Version)
	}
	slices.Sort(all)
	return all
}

// billOf are the components of a bill, each of which must have its hash.
func billOf(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Format     string `json:"bomFormat"`
		Components []struct {
			Name, Version, PURL string
			Hashes              []struct{ Alg, Content string }
		}
	}
	if err := json.Unmarshal(b, &bill); err != nil || bill.Format != "CycloneDX" {
		t.Fatalf("%s: format %q, %v", path, bill.Format, err)
	}
	var all []string
	for _, c := range bill.Components {
		if c.PURL == "" || c.Name != "std" && len(c.Hashes) == 0 {
			t.Errorf("%s has no package URL or no hash", c.Name)
		}
		all = append(all, c.Name+" "+c.Version)
	}
	slices.Sort(all)
	return all
}
