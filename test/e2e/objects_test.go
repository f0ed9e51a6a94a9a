package e2e

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	driverName   = "dra.example.com"
	deviceClass  = "network-devices"
	exampleImage = "nicolaka/netshoot:v0.14"
)

// netdev is the netdev part of a claim's parameters.
type netdev map[string]any

// parameters are what a claim for that interface says.
func (n netdev) parameters() map[string]any {
	return map[string]any{"type": "netdev", "netdev": n}
}

// request is one request of a claim, with the parameters for it; nil is none.
type request struct {
	name       string
	parameters any
}

// claimSpec asks for a network device for each request.
func claimSpec(t *testing.T, requests ...request) resourcev1.ResourceClaimSpec {
	t.Helper()
	var spec resourcev1.ResourceClaimSpec
	for _, r := range requests {
		spec.Devices.Requests = append(spec.Devices.Requests, resourcev1.DeviceRequest{
			Name:    r.name,
			Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: deviceClass},
		})
		if r.parameters != nil {
			spec.Devices.Config = append(spec.Devices.Config, config(t, r.parameters, r.name))
		}
	}
	return spec
}

// config is a configuration entry for those requests, or for all.
func config(t *testing.T, parameters any, requests ...string) resourcev1.DeviceClaimConfiguration {
	t.Helper()
	raw, err := json.Marshal(parameters)
	if err != nil {
		t.Fatal(err)
	}
	return resourcev1.DeviceClaimConfiguration{
		Requests: requests,
		DeviceConfiguration: resourcev1.DeviceConfiguration{
			Opaque: &resourcev1.OpaqueDeviceConfiguration{Driver: driverName, Parameters: runtime.RawExtension{Raw: raw}},
		},
	}
}

func claimTemplate(name string, spec resourcev1.ResourceClaimSpec) *resourcev1.ResourceClaimTemplate {
	return &resourcev1.ResourceClaimTemplate{
		TypeMeta:   metav1.TypeMeta{APIVersion: "resource.k8s.io/v1", Kind: "ResourceClaimTemplate"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       resourcev1.ResourceClaimTemplateSpec{Spec: spec},
	}
}

// podWith is a pod that sleeps and has one claim from each template.
func podWith(name string, templates ...string) *corev1.Pod {
	grace := int64(1)
	p := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{{
				Name:            "shell",
				Image:           exampleImage,
				ImagePullPolicy: corev1.PullIfNotPresent,
				Command:         []string{"sleep", "infinity"},
			}},
		},
	}
	for _, template := range templates {
		p.Spec.ResourceClaims = append(p.Spec.ResourceClaims, corev1.PodResourceClaim{Name: template, ResourceClaimTemplateName: &template})
		p.Spec.Containers[0].Resources.Claims = append(p.Spec.Containers[0].Resources.Claims, corev1.ResourceClaim{Name: template})
	}
	return p
}
