// Package scale shows what Hawser costs a large cluster: many simulated nodes on
// the control plane of the test cluster, which is Kubernetes' own.
//
// A simulated node is a Node object, its heartbeat, and the driver: all of
// controlplane.Run, with a client, a connection and a token of its own, the
// directories of a kubelet, and a netagent without a kernel. What it asks the API
// server for is counted in the client, and what it sends and receives on the
// connection. No pod runs: there is no kubelet that would start it. Claims are
// allocated, and pods bound, by the real scheduler.
//
// Times on a machine that others use mean little, and rates of pods are to be read
// against each other. Requests and bytes are exact.
package scale
