package scale

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// example is the claim of one of the examples that are shipped.
func example(repo, name string) (resourceapi.ResourceClaimSpec, error) {
	path := filepath.Join(repo, "deploy", "examples", name)
	text, err := os.ReadFile(path)
	if err != nil {
		return resourceapi.ResourceClaimSpec{}, err
	}
	var template resourceapi.ResourceClaimTemplate
	first, _, _ := bytes.Cut(text, []byte("\n---\n"))
	if err := yaml.UnmarshalStrict(first, &template); err != nil {
		return resourceapi.ResourceClaimSpec{}, fmt.Errorf("%s: %w", path, err)
	}
	return template.Spec.Spec, nil
}

// functionsClass is the DeviceClass of virtual functions.
const functionsClass = "sriov-vfs"

// functionClaim asks for any virtual function.
func functionClaim() resourceapi.ResourceClaimSpec {
	const request = "nic"
	return resourceapi.ResourceClaimSpec{Devices: resourceapi.DeviceClaim{
		Requests: []resourceapi.DeviceRequest{{
			Name: request, Exactly: &resourceapi.ExactDeviceRequest{DeviceClassName: functionsClass},
		}},
		Config: []resourceapi.DeviceClaimConfiguration{{
			Requests: []string{request},
			DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
				Driver:     driverName,
				Parameters: runtime.RawExtension{Raw: []byte(`{"type": "netdev", "netdev": {"kind": "sriov-vf"}}`)},
			}},
		}},
	}}
}
