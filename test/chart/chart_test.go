// Package chart holds the Helm chart in deploy/charts/hawser to the plain
// manifests: with its own values it is deploy/, and with a few it is each overlay.
package chart

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/hawser-dra/hawser/test/internal/helm"
)

const repo = "../.."

func rendered(t *testing.T, args ...string) map[string]runtime.Object {
	t.Helper()
	text, err := helm.Run(t.Context(), repo, nil, append([]string{"template", "hawser", helm.Chart, "--namespace", "dra-system"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, text)
}

func kustomized(t *testing.T, dir string) map[string]runtime.Object {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), repo+"/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, string(text))
}

// objects reads manifests, by kind and name. Environment variables are sorted:
// their order says nothing.
func objects(t *testing.T, text string) map[string]runtime.Object {
	t.Helper()
	all := map[string]runtime.Object{}
	for document := range strings.SplitSeq("\n"+text, "\n---") {
		o, kind, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		if runtime.IsMissingKind(err) {
			continue
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		named, err := meta.Accessor(o)
		if err != nil {
			t.Fatal(err)
		}
		if ds, ok := o.(*appsv1.DaemonSet); ok {
			for _, c := range ds.Spec.Template.Spec.Containers {
				slices.SortFunc(c.Env, func(a, b corev1.EnvVar) int { return strings.Compare(a.Name, b.Name) })
			}
		}
		all[kind.Kind+"/"+named.GetName()] = o
	}
	return all
}

func TestLint(t *testing.T) {
	if _, err := helm.Run(t.Context(), repo, nil, "lint", "--strict", helm.Chart); err != nil {
		t.Error(err)
	}
}

// TestSameAsManifests: the namespace is Helm's to name; all else is equal.
func TestSameAsManifests(t *testing.T) {
	for name, tc := range map[string]struct {
		dir    string
		values []string
		beside []string // objects that the overlay adds and the chart does not have
	}{
		"plain":      {dir: "deploy"},
		"sriov":      {dir: "deploy/overlays/sriov", values: []string{"sriovVFs.eth1=4"}},
		"monitoring": {dir: "deploy/overlays/monitoring", values: []string{"monitoring.port=9410"}},
		"jaeger": {
			dir:    "deploy/overlays/jaeger",
			values: []string{"tracing.endpoint=http://jaeger.dra-system.svc:4317", "tracing.protocol=grpc", "tracing.scheduleDelay=1000"},
			beside: []string{"Deployment/jaeger", "Service/jaeger"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var set []string
			for _, v := range tc.values {
				set = append(set, "--set", v)
			}
			want := kustomized(t, tc.dir)
			for _, o := range append(tc.beside, "Namespace/dra-system") {
				delete(want, o)
			}
			if diff := cmp.Diff(want, rendered(t, set...)); diff != "" {
				t.Errorf("-%s +chart:\n%s", tc.dir, diff)
			}
		})
	}
}

// TestParametersPolicy: the optional policy is the one that stands beside the
// manifests.
func TestParametersPolicy(t *testing.T) {
	with, without := rendered(t, "--set", "parametersPolicy=true"), rendered(t)
	added := 0
	for name := range with {
		if _, ok := without[name]; !ok {
			added++
		}
	}
	if added != 2 {
		t.Errorf("%d objects are added, want a policy and its binding", added)
	}
}

// TestAnotherDriver: driver and namespace have other names, and no object knows
// the shipped ones any more.
func TestAnotherDriver(t *testing.T) {
	text, err := helm.Run(t.Context(), repo, nil, "template", "hawser", helm.Chart, "--namespace", "net-system",
		"--set", "driverName=nic.example.org,parametersPolicy=true,directories.kubelet=/data/kubelet,directories.cdi=/data/cdi,images.driver.tag=v9")
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{"dra.example.com", "dra-system", "/var/lib/kubelet", "/etc/cdi"} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, old) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				t.Errorf("%s is left in %s", old, line)
			}
		}
	}
	for _, want := range []string{
		"--driver-name=nic.example.org", "--plugin-dir=/data/kubelet/plugins/nic.example.org", "--registry-dir=/data/kubelet/plugins_registry",
		"--cdi-dir=/data/cdi", `image: "hawser/driver:v9"`, "system:serviceaccount:net-system:dra-driver",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

// TestMaxSurge: a number and a percentage reach the DaemonSet as they are.
func TestMaxSurge(t *testing.T) {
	for _, value := range []string{"3", "5%"} {
		text, err := helm.Run(t.Context(), repo, nil, "template", "hawser", helm.Chart, "--set", "maxSurge="+value)
		if err != nil || !strings.Contains(text, "maxSurge: "+value+"\n") {
			t.Errorf("maxSurge=%s is not in the DaemonSet: %v", value, err)
		}
	}
}

// TestWrongValues are refused, with the value's path.
func TestWrongValues(t *testing.T) {
	for value, path := range map[string]string{
		"slots=0":                      "/slots",
		"slots=many":                   "/slots",
		"slot=5":                       "slot",
		"maxSurge=0":                   "/maxSurge",
		"maxSurge=0%":                  "/maxSurge",
		"driverName=Not_A_Name":        "/driverName",
		"sriovVFs.eth1=many":           "/sriovVFs/eth1",
		"monitoring.port=70000":        "/monitoring/port",
		"directories.cdi=etc/cdi":      "/directories/cdi",
		"policy.allowParents={eth/0}":  "/policy/allowParents/0",
		"policy.allowParents=eth0":     "/policy/allowParents",
		"tracing.protocol=json":        "/tracing/protocol",
		"images.pullPolicy=Sometimes":  "/images/pullPolicy",
		"images.netagent.repository=":  "/images/netagent/repository",
		"resources.driver.limit.cpu=1": "limit",
	} {
		t.Run(value, func(t *testing.T) {
			_, err := helm.Run(t.Context(), repo, nil, "template", "hawser", helm.Chart, "--set", value)
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error that names %s", err, path)
			}
		})
	}
}
