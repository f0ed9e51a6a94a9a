package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfig writes a kubeconfig with an identity from the pki directory.
// It holds all it needs and may be copied anywhere.
func writeKubeconfig(path, pki, identity, server string) error {
	var files [3][]byte
	for i, name := range []string{"ca.crt", identity + ".crt", identity + ".key"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join(pki, name)); err != nil {
			return fmt.Errorf("write the kubeconfig of %s: %w", identity, err)
		}
	}
	const name = "hawser"
	config := clientapi.NewConfig()
	config.Clusters[name] = &clientapi.Cluster{Server: server, CertificateAuthorityData: files[0]}
	config.AuthInfos[name] = &clientapi.AuthInfo{ClientCertificateData: files[1], ClientKeyData: files[2]}
	config.Contexts[name] = &clientapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", identity, err)
	}
	return nil
}
