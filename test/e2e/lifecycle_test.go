package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// addressed is an interface with addresses of both families, so that a test
// sees whether they survive.
func addressed(ifname string) netdev {
	return netdev{
		"kind": "macvlan", "parent": "eth0", "interfaceName": ifname,
		"addresses": []string{"192.0.2.7/24", "2001:db8::7/64"},
	}
}

// identity is what of an interface must survive: MAC address and addresses.
func (n *namespace) identity(pod, ifname string) string {
	n.t.Helper()
	var addresses []string
	for line := range strings.Lines(n.exec(pod, "ip", "-o", "addr", "show", "dev", ifname, "scope", "global")) {
		fields := strings.Fields(line)
		addresses = append(addresses, fields[3])
	}
	return n.link(pod, ifname).MAC + " " + strings.Join(addresses, " ")
}

// killContainer kills the process of a running container, as a crash does.
func (n *namespace) killContainer(pod, container string) {
	n.t.Helper()
	id := mustKubectl(n.t, nil, "get", "pod", "-n", n.name, pod, "-o",
		fmt.Sprintf(`jsonpath={.status.containerStatuses[?(@.name==%q)].containerID}`, container))
	onNode(n.t, "ctr -n k8s.io task kill -s SIGKILL "+strings.TrimPrefix(id, "containerd://"))
}

// killSandbox kills the process that holds the pod's namespaces.
func (n *namespace) killSandbox(pod string) {
	n.t.Helper()
	n.killTasks(pod, "sandbox")
}

// killTasks kills a pod's processes of one type, as containerd labels them.
func (n *namespace) killTasks(pod, kind string) {
	n.t.Helper()
	onNode(n.t, fmt.Sprintf(`for s in $(ctr -n k8s.io containers ls -q \
			'labels."io.kubernetes.pod.name"==%s,labels."io.kubernetes.pod.namespace"==%s,labels."io.cri-containerd.kind"==%s'); do
		ctr -n k8s.io task kill -s SIGKILL $s || true
	done`, pod, n.name, kind))
}

// restarted waits until a container has been restarted that often and is ready.
func (n *namespace) restarted(pod, container string, times int32) {
	n.t.Helper()
	eventually(n.t, func() error {
		var p corev1.Pod
		n.get(&p, "pod", pod)
		for _, s := range p.Status.ContainerStatuses {
			if s.Name == container && s.RestartCount >= times && s.Ready {
				return nil
			}
		}
		return fmt.Errorf("container %s of %s: %+v; events:\n%s", container, pod, p.Status.ContainerStatuses, n.events(pod))
	})
}

func TestContainerRestartsTenTimes(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("crashes", "nic"))
	n.ready("crashes")
	before := n.identity("crashes", "data0")
	for i := range int32(10) {
		n.killContainer("crashes", "shell")
		n.restarted("crashes", "shell", i+1)
		if after := n.identity("crashes", "data0"); after != before {
			t.Fatalf("after restart %d data0 has %s, had %s", i+1, after, before)
		}
	}
}

// TestSeveralContainers lists one claim in an init container, a sidecar and two
// containers. It also tells how many pods needed the kubelet's second try, as
// they do when a container is created before the spec has been rewritten.
func TestSeveralContainers(t *testing.T) {
	t.Parallel()
	const pods = 5
	n := besideOthers(t)
	objects := []any{claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "macvlan", "parent": "eth0", "interfaceName": "data0"}.parameters()}))}
	var names []string
	for i := range pods {
		names = append(names, fmt.Sprintf("several%d", i))
		objects = append(objects, severalContainers(names[i]))
	}
	n.apply(objects...)
	n.ready(names...)
	retried := 0
	for _, name := range names {
		n.wantInterfaces(name, "lo", "eth0", "data0")
		if strings.Contains(n.events(name), "Failed: ") {
			retried++
		}
	}
	t.Logf("%d of %d pods needed a second try", retried, pods)
}

func severalContainers(name string) *corev1.Pod {
	p := podWith(name, "nic")
	main := p.Spec.Containers[0]
	second, sidecar, once := main, main, main
	second.Name, sidecar.Name, once.Name = "second", "sidecar", "once"
	once.Command = []string{"ip", "link", "show", "data0"}
	always := corev1.ContainerRestartPolicyAlways
	sidecar.RestartPolicy = &always
	p.Spec.InitContainers = []corev1.Container{once, sidecar}
	p.Spec.Containers = append(p.Spec.Containers, second)
	return p
}

func TestSandboxDies(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("survives", "nic"))
	n.ready("survives")
	n.killSandbox("survives")
	n.restarted("survives", "shell", 1)
	n.wantInterfaces("survives", "lo", "eth0", "data0")
	if got := n.identity("survives", "data0"); !strings.HasSuffix(got, "192.0.2.7/24 2001:db8::7/64") {
		t.Errorf("data0 has %s, want both addresses", got)
	}
}

func TestKubeletAndContainerdRestart(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("old", "nic"))
	n.ready("old")
	before := n.identity("old", "data0")
	for _, restart := range []struct {
		name string
		run  func() error
	}{
		{"kubelet", func() error { return theCluster.RestartKubelet(t.Context()) }},
		{"containerd", func() error { return theCluster.RestartContainerd(t.Context()) }},
	} {
		if err := restart.run(); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error { _, err := n.tryExec("old", "true"); return err })
		if after := n.identity("old", "data0"); after != before {
			t.Errorf("after the restart of %s data0 has %s, had %s", restart.name, after, before)
		}
		n.apply(podWith(restart.name, "nic"))
		n.ready(restart.name)
		n.wantInterfaces(restart.name, "lo", "eth0", "data0")
		n.delete("pod/" + restart.name)
	}
	n.killContainer("old", "shell")
	n.restarted("old", "shell", 1)
}

// TestNodeReboots resets the node with running pods.
func TestNodeReboots(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("a", "nic"), podWith("b", "nic"))
	n.ready("a", "b")
	if err := theCluster.RebootNode(t.Context()); err != nil {
		t.Fatal(err)
	}
	driverReady(t)
	for _, pod := range []string{"a", "b"} {
		n.restarted(pod, "shell", 1)
		n.wantInterfaces(pod, "lo", "eth0", "data0")
	}
	if got := strings.Count(nodeFiles(t), cdiDir); got != 2 {
		t.Errorf("%d CDI specs for two pods:\n%s", got, nodeFiles(t))
	}
}

// TestPodDeletedBeforeItsContainer: what was prepared for nobody is taken back.
func TestPodDeletedBeforeItsContainer(t *testing.T) {
	n := newNamespace(t)
	p := podWith("never", "nic")
	p.Spec.Containers[0].Image = "hawser/no-such-image:v0"
	p.Spec.Containers[0].ImagePullPolicy = corev1.PullNever
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), p)
	n.wantEvent("never", "ErrImageNeverPull")
	if !strings.Contains(nodeFiles(t), "link ") {
		t.Errorf("the claim is not prepared: %s", nodeFiles(t))
	}
	n.delete("pod/never")
	wantCleanNode(t)
}

// sharedClaim is a claim that pods can share.
func sharedClaim(name string, spec resourcev1.ResourceClaimSpec) *resourcev1.ResourceClaim {
	return &resourcev1.ResourceClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "resource.k8s.io/v1", Kind: "ResourceClaim"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       spec,
	}
}

func podOfClaim(name, claim string) *corev1.Pod {
	p := podWith(name, claim)
	p.Spec.ResourceClaims[0].ResourceClaimTemplateName = nil
	p.Spec.ResourceClaims[0].ResourceClaimName = &claim
	return p
}

// TestTwoPodsShareAClaim: the second waits and says why, and gets the interface
// when the first is gone.
func TestTwoPodsShareAClaim(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	n.apply(sharedClaim("shared", claimSpec(t, request{"nic", addressed("data0").parameters()})), podOfClaim("first", "shared"))
	n.ready("first")
	n.apply(podOfClaim("second", "shared"))
	n.wantEvent("second", "interface data0 is not in this pod")
	n.killContainer("first", "shell")
	n.restarted("first", "shell", 1)
	n.delete("pod/first")
	n.ready("second")
	n.wantInterfaces("second", "lo", "eth0", "data0")
}

// TestHostNetworkPod: the container does not start, and the host is as it was.
func TestHostNetworkPod(t *testing.T) {
	n := newNamespace(t)
	before := hostNetwork(t)
	p := podWith("on-host", "nic")
	p.Spec.HostNetwork = true
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), p)
	n.wantEvent("on-host", "uses the host's network")
	n.delete("pod/on-host")
	wantCleanNode(t)
	eventually(t, func() error { return wantSame(before, hostNetwork(t)) })
}

// TestLinkDeletedByHand: the link is made again while the claim is prepared.
func TestLinkDeletedByHand(t *testing.T) {
	n := newNamespace(t)
	p := podWith("waits", "nic")
	p.Spec.Containers[0].Image = "hawser/no-such-image:v0"
	p.Spec.Containers[0].ImagePullPolicy = corev1.PullNever
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), p)
	n.wantEvent("waits", "ErrImageNeverPull")
	index := func() string {
		return onNode(t, "ip -o link show group "+linkGroup+" | cut -d: -f1")
	}
	before := index()
	onNode(t, "ip link del dev $(ip -o link show group "+linkGroup+" | cut -d: -f2 | cut -d@ -f1)")
	eventually(t, func() error {
		if now := index(); now == "" || now == before {
			return fmt.Errorf("link %q was deleted, there is %q", before, now)
		}
		return nil
	})
}
