package cluster

import (
	"context"
	_ "embed"
	"path/filepath"
	"slices"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/toolchain"
)

var (
	//go:embed files/containerd.toml
	containerdConfig string
	//go:embed files/cni.conflist
	cniConfig string
	//go:embed files/rc-cluster
	rcScript string
)

// bakeScript imports the images while the disk is made, so that no cluster has
// to do it at its start.
const bakeScript = `set -e
until ctr version >/dev/null 2>&1; do sleep 0.1; done
for image in /host/*.tar; do ctr -n k8s.io images import --local "$image"; done
service containerd stop
service relay stop`

// Parts are what clusters are put together from: any number of them, from the
// same ones.
type Parts struct {
	Kubernetes string // the program that is all of Kubernetes
	Image      node.Image
}

// Prepare makes the parts or finds them in the cache. From nothing that takes
// some ten minutes on two processors, most of it for building Kubernetes.
func Prepare(ctx context.Context, t *toolchain.Toolchain) (Parts, error) {
	// All at once, and first: the example image is made from the node's packages.
	if err := t.Packages(ctx, slices.Concat(node.Packages, buildPackages)...); err != nil {
		return Parts{}, err
	}
	built, err := build(ctx, t)
	if err != nil {
		return Parts{}, err
	}
	images, err := makeImages(ctx, t, built.pause)
	if err != nil {
		return Parts{}, err
	}
	image, err := node.Prepare(ctx, t, node.Spec{
		Name:      "cluster-node",
		Files:     built.addTo,
		Bake:      bakeScript,
		BakeFiles: images,
	})
	return Parts{Kubernetes: filepath.Join(built.kubernetes, "kubernetes"), Image: image}, err
}

// addTo puts the node's half of the cluster into its tree.
func (p programs) addTo(tree *filetree.Tree) {
	tree.File("/usr/local/bin/kubelet", filepath.Join(p.kubernetes, "kubernetes"))
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr"} {
		tree.File("/usr/local/bin/"+name, filepath.Join(p.containerd, name))
	}
	tree.File("/usr/local/bin/runc", filepath.Join(p.runc, "runc"))
	for _, name := range []string{"bridge", "loopback", "host-local"} {
		tree.File("/opt/cni/bin/"+name, filepath.Join(p.cni, name))
	}
	tree.Text("/etc/containerd/config.toml", 0o644, containerdConfig)
	tree.Text("/etc/cni/net.d/10-pods.conflist", 0o644, cniConfig)
	tree.Text("/etc/rc.d/cluster", 0o644, rcScript)
	tree.Text("/etc/service/containerd", 0o755, "#!/bin/sh\nexec containerd\n")
	tree.Text("/etc/service/relay", 0o755, "#!/bin/sh\nexec agent relay "+serviceAddress+":443 /host/cluster/apiserver\n")
	tree.Text("/etc/service/kubelet", 0o755, "#!/bin/sh\n"+
		"exec kubelet --config /host/cluster/kubelet.yaml --kubeconfig /host/cluster/kubelet.kubeconfig --node-ip "+nodeAddress+"\n")
	tree.Dir("/etc/cdi", 0o755)
}
