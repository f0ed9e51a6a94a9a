package cluster

import (
	"os"
	"os/exec"
)

// egressConfig has the API server go through a proxy for all that is in the
// cluster: the kubelet, for exec and logs, and pods, for webhooks.
const egressConfig = `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection: {proxyProtocol: HTTPConnect, transport: {uds: {udsName: egress.sock}}}
`

// startEgress starts the way to that proxy, which is the node's agent: the API
// server wants a socket (or TLS, which would be for nothing here).
func (c *Cluster) startEgress(agent string) error {
	if err := os.WriteFile(c.path("egress.yaml"), []byte(egressConfig), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(c.path("egress.target"), []byte(c.vm.Agent), 0o644); err != nil {
		return err
	}
	return c.run("egress", exec.Command(agent, "relay", "unix:egress.sock", "egress.target"))
}
