package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestParametersPolicy: with the optional policy, a wrong claim, template or
// class fails at `kubectl apply`, and the examples do not.
func TestParametersPolicy(t *testing.T) {
	file := filepath.Join(repo, "deploy/parameters-policy.yaml")
	mustKubectl(t, nil, "apply", "-f", file)
	t.Cleanup(func() { mustKubectl(t, nil, "delete", "-f", file) })
	try := func(object any) error {
		_, err := kubectl(t.Context(), marshal(t, object), "apply", "--dry-run=server", "-f", "-")
		return err
	}
	wrong := map[string]any{
		"unknown field color":                     map[string]any{"type": "netdev", "color": "red"},
		"unknown field overridable":               map[string]any{"overridable": []string{"netdev.mtu"}},
		"unknown field netdev.color":              netdev{"kind": "dummy", "color": "red"}.parameters(),
		"type: must be one of netdev":             map[string]any{"type": "gpu"},
		"the part that belongs to another type":   map[string]any{"type": "rdma", "netdev": netdev{"kind": "dummy"}},
		"netdev.kind: must be one of macvlan":     netdev{"kind": "vxlan"}.parameters(),
		"netdev.mode: must be bridge":             netdev{"kind": "macvlan", "parent": "eth0", "mode": "brigde"}.parameters(),
		"no other kind has one":                   netdev{"kind": "dummy", "mode": "bridge"}.parameters(),
		"at most 15 bytes":                        netdev{"interfaceName": "sixteen-bytes-xx"}.parameters(),
		"no / : %":                                netdev{"interfaceName": "a/b"}.parameters(),
		"are reserved in every pod":               netdev{"interfaceName": "eth0"}.parameters(),
		"68 to 65535 bytes":                       netdev{"mtu": 60}.parameters(),
		"mtu: must be a whole number":             netdev{"mtu": "1500"}.parameters(),
		"six bytes in hexadecimal and unicast":    netdev{"macAddress": "01:00:5e:00:00:01"}.parameters(),
		"addresses with a prefix length, such as": netdev{"addresses": []string{"192.0.2.1"}}.parameters(),
		"netdev.mtu: must be":                     map[string]any{"type": "combo", "combo": map[string]any{"kind": "roce", "netdev": netdev{"mtu": 1}}},
	}
	eventually(t, func() error { // the policy is not in force at once
		if err := try(claimTemplate("x", claimSpec(t, request{"nic", map[string]any{"type": "gpu"}}))); err == nil {
			return fmt.Errorf("type gpu is still allowed")
		}
		return nil
	})
	for want, parameters := range wrong {
		spec := claimSpec(t, request{"nic", parameters})
		for _, object := range []any{claimTemplate("x", spec), claimOf("x", spec)} {
			if err := try(object); err == nil || !strings.Contains(err.Error(), "dra-driver-parameters") || !strings.Contains(err.Error(), want) {
				t.Errorf("%T with %v: got %v, want %q", object, parameters, err, want)
			}
		}
	}
	for _, right := range []map[string]any{
		{"netdev": netdev{"mtu": 1400}}, // the rest from a class
		netdev{"kind": "macvlan", "parent": "eth0", "mode": "bridge", "macAddress": "02-00-5E-10-00-01", "addresses": []string{"192.0.2.11/24", "2001:db8:1::11/64"}}.parameters(),
		netdev{"kind": "veth", "macAddress": "0200.5e10.0001"}.parameters(),
		{"type": "rdma", "rdma": map[string]any{"kind": "uverbs"}},
		{"type": "combo", "combo": map[string]any{"kind": "roce", "rdma": map[string]any{"kind": "uverbs"}, "netdev": netdev{"kind": "macvlan", "parent": "eth0"}}},
	} {
		if err := try(claimTemplate("x", claimSpec(t, request{"nic", right}))); err != nil {
			t.Errorf("%v: %v", right, err)
		}
	}
	wantClasses(t, try)
	wantExamples(t)
}

func claimOf(name string, spec resourcev1.ResourceClaimSpec) *resourcev1.ResourceClaim {
	return &resourcev1.ResourceClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "resource.k8s.io/v1", Kind: "ResourceClaim"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       spec,
	}
}

// wantClasses: a class may list what claims can override.
func wantClasses(t *testing.T, try func(any) error) {
	t.Helper()
	class := func(parameters map[string]any) *resourcev1.DeviceClass {
		return &resourcev1.DeviceClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "resource.k8s.io/v1", Kind: "DeviceClass"},
			ObjectMeta: metav1.ObjectMeta{Name: "parameters-test"},
			Spec: resourcev1.DeviceClassSpec{Config: []resourcev1.DeviceClassConfiguration{
				{DeviceConfiguration: config(t, parameters).DeviceConfiguration},
			}},
		}
	}
	if err := try(class(map[string]any{"netdev": netdev{"mtu": 9000}, "overridable": []string{"netdev.mtu"}})); err != nil {
		t.Errorf("a class: %v", err)
	}
	if err := try(class(map[string]any{"netdev": netdev{"mtu": 1}})); err == nil || !strings.Contains(err.Error(), "netdev.mtu") {
		t.Errorf("a wrong class: %v", err)
	}
}

// wantExamples: the policy lets all pass that the README shows.
func wantExamples(t *testing.T) {
	t.Helper()
	deploy := filepath.Join(repo, "deploy")
	files, err := filepath.Glob(filepath.Join(deploy, "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range append(files, filepath.Join(deploy, "deployment.yaml"), filepath.Join(deploy, "multi-nic-deployment.yaml"), filepath.Join(deploy, "resourceclass.yaml")) {
		if _, err := kubectl(t.Context(), nil, "apply", "--dry-run=server", "-f", f); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}
