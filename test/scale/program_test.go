package scale

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// build builds the driver as it is shipped.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "dra-driver")
	cmd := exec.Command("go", "build", "-o", program, "./cmd/dra-driver")
	cmd.Dir = repo
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// startProgram starts the program where startDriver runs the driver in this process.
func (n *node) startProgram(t *testing.T, program string) *driver {
	t.Helper()
	d, err := n.newDriver()
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	d.end = end
	if err := d.serveNetagent(ctx); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program,
		"--driver-name="+driverName, "--node-name="+n.Name, "--pod-uid="+d.podUID, "--kubeconfig="+writeKubeconfig(t, n.access),
		"--plugin-dir="+d.pluginDir, "--registry-dir="+d.registryDir, "--cdi-dir="+d.cdiDir,
		"--netagent-socket="+d.netagentSocket, "--health-socket="+d.healthSocket, "--trace-socket=", "--podlink=false",
	)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.done <- cmd.Wait() }()
	return d
}

func writeKubeconfig(t *testing.T, access *rest.Config) string {
	t.Helper()
	const name = "hawser"
	config := clientapi.NewConfig()
	config.Clusters[name] = &clientapi.Cluster{Server: access.Host, CertificateAuthorityData: access.CAData}
	config.AuthInfos[name] = &clientapi.AuthInfo{Token: access.BearerToken}
	config.Contexts[name] = &clientapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
