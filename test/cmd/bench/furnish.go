package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-dra/hawser/test/cluster"
)

// shared is the folder in the node's /host with what it takes to measure there.
const shared = "bench"

// furnish makes that: this program, the product's, and an administrator's access
// to the API server.
func furnish(ctx context.Context, b built, c *cluster.Cluster) error {
	dir := filepath.Join(c.Node().Share, shared)
	if err := os.CopyFS(filepath.Join(dir, "bin"), os.DirFS(b.binaries)); err != nil {
		return err
	}
	if err := writeKubeconfig(ctx, c, filepath.Join(dir, "kubeconfig")); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", dir+"/", "./cmd/bench")
	build.Dir = filepath.Join(b.repo, "test")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the benchmark: %w\n%s", err, out)
	}
	return nil
}

// writeKubeconfig writes the administrator's for programs on the node, which
// reaches the API server where pods do.
func writeKubeconfig(ctx context.Context, c *cluster.Cluster, path string) error {
	service, err := c.Client().CoreV1().Services(metav1.NamespaceDefault).Get(ctx, "kubernetes", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("find the API server's service: %w", err)
	}
	config, err := clientcmd.LoadFromFile(c.Kubeconfig())
	if err != nil {
		return fmt.Errorf("read the cluster's kubeconfig: %w", err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + service.Spec.ClusterIP
	}
	return clientcmd.WriteToFile(*config, path)
}
