package product

import "testing"

func TestImageName(t *testing.T) {
	const manifests = "      containers:\n      - image: hawser/driver-old:v1\n        name: x\n      - name: driver\n        image: hawser/driver:v0.1.0\n"
	if name, err := imageName(manifests, "hawser/driver"); err != nil || name != "hawser/driver:v0.1.0" {
		t.Errorf("got %q, %v", name, err)
	}
	if _, err := imageName(manifests, "hawser/netagent"); err == nil {
		t.Error("no error for a repository that is not used")
	}
}
