package v1alpha1_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	"sigs.k8s.io/yaml"

	config "github.com/hawser-dra/hawser/api/config/v1alpha1"
)

// block is a part of a page that is YAML.
var block = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestMigrationPages: what the pages tell users to write is what the decoder takes.
// Other than Kubernetes does, a field that it does not know is an error here.
func TestMigrationPages(t *testing.T) {
	for page, want := range map[string]int{"from-dranet.md": 1, "from-multus.md": 2} {
		b, err := os.ReadFile("../../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		decoded := 0
		for _, found := range block.FindAllStringSubmatch(string(b), -1) {
			decoded += decodeTemplate(t, page, found[1])
		}
		if decoded != want {
			t.Errorf("%s has %d of this driver's configurations, want %d", page, decoded, want)
		}
	}
}

// decodeTemplate returns how many of this driver's configurations a manifest has.
func decodeTemplate(t *testing.T, page, manifest string) (decoded int) {
	t.Helper()
	if !strings.Contains(manifest, "kind: ResourceClaimTemplate\n") {
		return 0
	}
	var template resourceapi.ResourceClaimTemplate
	if err := yaml.UnmarshalStrict([]byte(manifest), &template); err != nil {
		t.Errorf("%s: %v:\n%s", page, err, manifest)
	}
	for _, c := range template.Spec.Spec.Devices.Config {
		if c.Opaque.Driver != "dra.example.com" {
			continue
		}
		decoded++
		if _, err := config.Decode([]config.Layer{{Parameters: c.Opaque.Parameters.Raw}}); err != nil {
			t.Errorf("%s: %v:\n%s", page, err, manifest)
		}
	}
	return decoded
}
