// Package cluster runs a real Kubernetes cluster on one machine, without a
// container engine and without KVM: etcd, the API server, the controller manager
// and the scheduler are processes of the machine, the one node (kubelet,
// containerd, runc) is a virtual machine of package node.
//
//	parts, err := cluster.Prepare(ctx, toolchain)        // build, or find in the cache
//	c, err := cluster.Up(ctx, cluster.Options{Dir: dir, Parts: parts})
//	...
//	err = c.Down(ctx)                                    // nothing is left of it
//
// All of a cluster is in its directory: state, logs, keys, kubeconfig. It
// outlives the program that started it; Open finds it again. Clusters do not
// disturb each other: what listens on the machine listens on 127.0.0.1, on a
// port that was free, or on a socket in the directory.
//
// The ways through the network:
//
//	node and pods → API server   10.96.0.1:443, relayed in the node to the host
//	API server → node and pods   its egress proxy is the node's agent
//	pods → pods, node            a bridge, 10.244.0.0/24
//
// There is no kube-proxy and no DNS: of all services only "kubernetes" has an
// address that works. There is no registry: images are loaded with LoadImages.
package cluster
