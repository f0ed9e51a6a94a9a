package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// rdmaImage has Debian's RDMA tools, beside what the example image has of a
// system.
const rdmaImage = "hawser/rdma-tools:test"

// rdmaPackages are what is in it. Of the providers, libraries for one sort of
// hardware each, only soft-RoCE's is.
var rdmaPackages = []string{"ibverbs-utils", "ibverbs-providers"}

// loadRDMAImage gives the node the image.
func loadRDMAImage(t *testing.T) {
	t.Helper()
	tools, err := toolchain.New("", t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := tools.Packages(t.Context(), rdmaPackages...); err != nil {
		t.Fatal(err)
	}
	providers, err := filepath.Glob("/usr/lib/*/libibverbs/librxe-*.so")
	if err != nil || len(providers) != 1 {
		t.Fatalf("libraries for soft-RoCE: %v, %v", providers, err)
	}
	tree := &filetree.Tree{}
	tree.MergedUsr()
	tree.Programs("dash", "ip", "ibv_devinfo", "ibv_rc_pingpong")
	tree.File(providers[0], providers[0])
	tree.File("/etc/libibverbs.d/rxe.driver", "/etc/libibverbs.d/rxe.driver")
	tree.Link("/usr/bin/sh", "dash")
	tree.Busybox()
	archive := filepath.Join(t.TempDir(), "rdma-tools.tar")
	i := image.Image{Config: image.Config{Env: []string{"PATH=/usr/sbin:/usr/bin"}}, Files: tree}
	if err := i.WriteFile(archive, rdmaImage); err != nil {
		t.Fatal(err)
	}
	if _, err := theCluster.LoadImages(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
}

// softRDMA adds a soft-RoCE device over a link of the node, until the test ends,
// and waits until the node offers it.
func softRDMA(t *testing.T, name, link string) {
	t.Helper()
	addSoftRDMA(t, name, link)
	t.Cleanup(func() {
		onNode(t, "rdma link del "+name+" 2>/dev/null; true")
		wantOffered(t, "rdma-"+name, false)
	})
	wantOffered(t, "rdma-"+name, true)
}

func addSoftRDMA(t *testing.T, name, link string) {
	t.Helper()
	onNode(t, fmt.Sprintf(`modprobe -aq crc32_generic || true
		modprobe -a rdma_rxe ib_uverbs ib_umad rdma_ucm && rdma link add %s type rxe netdev %s`, name, link))
}

// infiniBand gives the node an RDMA device of InfiniBand and the interface ib0,
// until the test ends.
func infiniBand(t *testing.T) {
	t.Helper()
	tools, err := toolchain.New("", t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := infiniband.Remove(context.Background(), theCluster.Node()); err != nil {
			t.Error(err)
		}
	})
	if err := infiniband.Add(t.Context(), tools, theCluster.Node()); err != nil {
		t.Fatal(err)
	}
}

// wantOffered waits until the node's slices list a device, or do not.
func wantOffered(t *testing.T, device string, want bool) {
	t.Helper()
	eventually(t, func() error {
		if _, ok := offered(t)[device]; ok != want {
			return fmt.Errorf("device %s offered: %v, want %v", device, ok, want)
		}
		return nil
	})
}

// offered are the devices of the node's slices, by name.
func offered(t *testing.T) map[string]resourcev1.Device {
	t.Helper()
	slices, err := theCluster.Client().ResourceV1().ResourceSlices().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	devices := map[string]resourcev1.Device{}
	for _, s := range slices.Items {
		for _, d := range s.Spec.Devices {
			devices[d.Name] = d
		}
	}
	return devices
}

// rdmaSpec asks for one RDMA device of a class.
func rdmaSpec(t *testing.T, class string, parameters any) resourcev1.ResourceClaimSpec {
	t.Helper()
	return ofClass(t, class, request{"hca", parameters})
}

func uverbs() map[string]any {
	return map[string]any{"type": "rdma", "rdma": map[string]any{"kind": "uverbs"}}
}

// rdmaPod is a pod with the RDMA tools.
func rdmaPod(name string, templates ...string) *corev1.Pod {
	p := podWith(name, templates...)
	p.Spec.Containers[0].Image = rdmaImage
	return p
}

// wantDeviceFiles checks that the files of an RDMA device are in a pod and are
// what they are on the node.
func (n *namespace) wantDeviceFiles(pod string) {
	n.t.Helper()
	const list = `cd /dev/infiniband && ls -l | awk 'NR > 1 {print $5, $6, $NF}'`
	inPod, onHost := n.exec(pod, "sh", "-c", list), onNode(n.t, list)
	if inPod != onHost || !strings.Contains(inPod, "uverbs") || !strings.Contains(inPod, "rdma_cm") {
		n.t.Errorf("device files of %s:\n%s\non the node:\n%s", pod, inPod, onHost)
	}
}

// driverQualified is the name of an attribute in the driver's domain.
func driverQualified(name string) resourcev1.QualifiedName {
	return resourcev1.QualifiedName(driverName + "/" + name)
}
