// Package manifests tests what deploy/ holds without a cluster.
package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const deploy = "../../deploy"

// driver is the pod that cannot do without exceptions. Its namespace is
// "privileged" for its sake, and nothing else should run there.
const driver = "DaemonSet/dra-driver"

// exceptions are what keeps the driver from each level of the Pod Security
// Standards, by the check that says so.
var exceptions = map[api.Level]map[string]string{
	api.LevelBaseline: {
		"host namespaces":          "hostNetwork=true",
		"hostPath volumes":         `volumes "plugin", "registry", "cdi", "journal"`,
		"non-default capabilities": `container "netagent" must not include "NET_ADMIN" in securityContext.capabilities.add`,
	},
	api.LevelRestricted: {
		"host namespaces":           "hostNetwork=true",
		"restricted volume types":   `volumes "plugin", "registry", "cdi", "journal" use restricted volume type "hostPath"`,
		"unrestricted capabilities": `container "netagent" must not include "NET_ADMIN" in securityContext.capabilities.add`,
		"runAsNonRoot != true":      `pod or containers "driver", "netagent" must set securityContext.runAsNonRoot=true`,
		"runAsUser=0":               "pod must not set runAsUser=0",
	},
}

// TestPodSecurity finds these exceptions and no more and no fewer. All other pods
// of deploy/ have none: users' pods at the level "baseline", ours at "restricted".
func TestPodSecurity(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, pod := range pods(t) {
		for level, want := range exceptions {
			if name != driver {
				want = nil
			}
			if name != driver && name != "Deployment/jaeger" && level == api.LevelRestricted {
				continue
			}
			var found map[string]string
			for _, r := range evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec) {
				if !r.Allowed {
					found = with(found, r.ForbiddenReason, r.ForbiddenDetail)
				}
			}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("%s at level %s (-stated +found):\n%s", name, level, diff)
			}
		}
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// pods returns the pods of deploy/ by the kind and name of what makes them.
func pods(t *testing.T) map[string]corev1.PodTemplateSpec {
	t.Helper()
	all := map[string]corev1.PodTemplateSpec{}
	err := filepath.WalkDir(deploy, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "charts" {
			return fs.SkipDir // held to be equal to the rest by test/chart
		}
		if err != nil || !d.Type().IsRegular() || filepath.Ext(path) != ".yaml" || d.Name() == "kustomization.yaml" {
			return err
		}
		for _, o := range objects(t, path) {
			switch o := o.(type) {
			case *appsv1.DaemonSet:
				all["DaemonSet/"+o.Name] = o.Spec.Template
			case *appsv1.Deployment:
				all["Deployment/"+o.Name] = o.Spec.Template
			case *corev1.Pod:
				all["Pod/"+o.Name] = corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
			}
		}
		return nil
	})
	if err != nil || len(all) < 3 {
		t.Fatalf("%d pods, %v", len(all), err)
	}
	return all
}

// objects reads a file of manifests; kinds that Kubernetes does not have itself
// are passed over.
func objects(t *testing.T, path string) (list []runtime.Object) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(b)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(document, nil, nil)
		if runtime.IsNotRegisteredError(err) || runtime.IsMissingKind(err) || strings.TrimSpace(string(document)) == "" {
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, o)
	}
}
