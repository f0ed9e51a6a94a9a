package cluster

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
)

//go:embed files/kubelet.yaml
var kubeletConfig string

// writeFiles writes all that does not depend on a port, the node's part of it
// into the folder that the node sees.
func (c *Cluster) writeFiles(o Options) error {
	files := c.nodeFiles()
	for _, dir := range []string{c.path(pkiDir), c.path(logsDir), files} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := c.state.write(c.dir); err != nil {
		return err
	}
	if err := writePKI(c.path(pkiDir)); err != nil {
		return err
	}
	for _, f := range []string{"ca.crt", "kubelet.crt", "kubelet.key"} {
		text, err := os.ReadFile(c.path(pkiDir, f))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(files, f), text, 0o600); err != nil {
			return err
		}
	}
	gates, err := json.Marshal(o.FeatureGates)
	if err != nil {
		return err
	}
	config := kubeletConfig + "featureGates: " + string(gates) + "\n"
	if err := os.WriteFile(filepath.Join(files, "kubelet.yaml"), []byte(config), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(c.path("audit.yaml"), []byte(auditPolicy), 0o644); err != nil {
		return err
	}
	return writeKubeconfig(filepath.Join(files, "kubelet.kubeconfig"), c.path(pkiDir), "kubelet", "https://"+serviceAddress)
}

// auditPolicy records who asked for what, without the content.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`

// writeClients writes the kubeconfigs of the control plane's own clients.
func (c *Cluster) writeClients() error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	for _, name := range []string{"controller-manager", "scheduler"} {
		if err := writeKubeconfig(c.path(name+".kubeconfig"), c.path(pkiDir), name, config.Host); err != nil {
			return err
		}
	}
	return nil
}

// nodeFiles is the folder that the node sees as /host/cluster.
func (c *Cluster) nodeFiles() string {
	return c.path(shareDir, "cluster")
}
