package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// TestDaemonSetPrivileges reads the DaemonSet as the cluster has it: nothing
// privileged, and NET_ADMIN in netagent alone.
func TestDaemonSetPrivileges(t *testing.T) {
	var ds appsv1.DaemonSet
	if err := json.Unmarshal([]byte(mustKubectl(t, nil, "get", "daemonset", "-n", "dra-system", "dra-driver", "-o", "json")), &ds); err != nil {
		t.Fatal(err)
	}
	spec := ds.Spec.Template.Spec
	if spec.HostPID || spec.HostIPC || !spec.HostNetwork {
		t.Errorf("hostPID %v, hostIPC %v, hostNetwork %v; want the host's network alone", spec.HostPID, spec.HostIPC, spec.HostNetwork)
	}
	added := map[string][]corev1.Capability{"driver": nil, "netagent": {"NET_ADMIN"}}
	if len(spec.Containers) != len(added) || len(spec.InitContainers) != 0 {
		t.Errorf("%d containers and %d init containers, want driver and netagent", len(spec.Containers), len(spec.InitContainers))
	}
	for _, c := range spec.Containers {
		s := c.SecurityContext
		want, known := added[c.Name]
		switch {
		case !known || s == nil || s.Capabilities == nil:
			t.Errorf("container %s: security context %+v", c.Name, s)
		case s.Privileged != nil && *s.Privileged:
			t.Errorf("%s is privileged", c.Name)
		case s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation:
			t.Errorf("%s may gain privileges", c.Name)
		case s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem:
			t.Errorf("%s can write its root", c.Name)
		case !slices.Equal(s.Capabilities.Add, want) || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}):
			t.Errorf("%s: capabilities %+v, want %v alone", c.Name, s.Capabilities, want)
		}
		for _, m := range c.VolumeMounts {
			if token := m.MountPath == "/var/run/secrets/kubernetes.io/serviceaccount"; token != (m.Name == "token") || token && c.Name != "driver" {
				t.Errorf("%s mounts %s at %s", c.Name, m.Name, m.MountPath)
			}
		}
	}
}

// TestProcessPrivileges asks the node's kernel what the two processes really have.
func TestProcessPrivileges(t *testing.T) {
	const netAdmin = "0000000000001000"
	for program, caps := range map[string]string{"dra-driver": strings.Repeat("0", 16), "netagent": netAdmin} {
		status := onNode(t, "cat /proc/$(pidof "+program+" | tr ' ' '\n' | sort -n | head -1)/status")
		for _, want := range []string{"CapPrm:\t" + caps, "CapEff:\t" + caps, "CapBnd:\t" + caps, "NoNewPrivs:\t1", "Seccomp:\t2"} {
			if !strings.Contains(status, want) {
				t.Errorf("%s lacks %q:\n%s", program, want, status)
			}
		}
	}
}

// TestSandbox: on this node's kernel no part of either sandbox is lacking, and
// netagent's own filter is there beside the runtime's.
func TestSandbox(t *testing.T) {
	for container, parts := range map[string]string{"driver": "[Landlock]", "netagent": "[Landlock capabilities seccomp]"} {
		log := mustKubectl(t, nil, "logs", "-n", driverNamespace, driverPod(t).Name, "-c", container)
		if !strings.Contains(log, `msg="in the sandbox" by="`+parts+`"`) && !strings.Contains(log, `msg="in the sandbox" by=`+parts) {
			t.Errorf("%s does not say that it is in the sandbox:\n%s", container, log)
		}
	}
	status := onNode(t, "cat /proc/$(pidof netagent | tr ' ' '\n' | sort -n | head -1)/status")
	if !strings.Contains(status, "Seccomp_filters:\t2") {
		t.Errorf("netagent's filters are not two:\n%s", status)
	}
}

// TestExamples applies the manifests that the README shows.
func TestExamples(t *testing.T) {
	deploy := filepath.Join(repo, "deploy")
	for _, tc := range []struct {
		file, target string
		want         []string
		needs        func(*testing.T)
	}{
		{"deployment.yaml", "deployment/network-test", []string{"net1"}, nil},
		{"multi-nic-deployment.yaml", "deployment/multi-nic-test", []string{"data0", "ctrl0"}, nil},
		{"examples/macvlan.yaml", "pod/macvlan-example", []string{"data0"}, nil},
		{"examples/ipvlan.yaml", "pod/ipvlan-example", []string{"data0"}, nil},
		{"examples/veth.yaml", "pod/veth-example", []string{"data0"}, func(t *testing.T) { parent(t, "br0", "bridge") }},
		{"examples/dummy.yaml", "pod/dummy-example", []string{"svc0"}, nil},
		{"examples/ipoib.yaml", "pod/ipoib-example", []string{"ib1"}, infiniBand},
		{"examples/layer3.yaml", "pod/layer3-example", []string{"data0", "blue0", "blue"}, nil},
		{"examples/uverbs.yaml", "pod/uverbs-example", nil, func(t *testing.T) { softRDMA(t, "rxe0", "eth0") }},
		{"examples/roce.yaml", "pod/roce-example", []string{"rdma0"}, func(t *testing.T) { softRDMA(t, "rxe0", "eth0") }},
	} {
		t.Run(filepath.Base(tc.file), func(t *testing.T) {
			if tc.needs != nil {
				tc.needs(t)
			}
			n := newNamespace(t)
			mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(deploy, tc.file))
			condition := "Available"
			if strings.HasPrefix(tc.target, "pod/") {
				condition = "Ready"
			}
			mustKubectl(t, nil, "wait", "-n", n.name, "--for=condition="+condition, tc.target, "--timeout="+patience.String())
			n.wantInterfaces(tc.target, append(tc.want, "lo", "eth0")...)
		})
	}
}
