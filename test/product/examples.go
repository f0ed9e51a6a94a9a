package product

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/cluster"
)

// examples are the manifests in deploy/ that use the driver, and the label and
// namespace that their Deployments have.
var (
	examples      = []string{"deployment.yaml", "multi-nic-deployment.yaml"}
	examplesLabel = "app.kubernetes.io/part-of=hawser-examples"
)

const examplesNamespace = "default"

// RunExamples applies the examples, waits until their pods run, and shows the
// interfaces in each of them.
func (s Source) RunExamples(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	for _, file := range examples {
		if err := s.kubectl(ctx, c, "apply", "-f", filepath.Join(s.deploy(), file)); err != nil {
			return err
		}
	}
	list, err := c.Client().AppsV1().Deployments(examplesNamespace).List(ctx, metav1.ListOptions{LabelSelector: examplesLabel})
	if err != nil {
		return fmt.Errorf("find the examples' Deployments: %w", err)
	}
	if len(list.Items) == 0 {
		return fmt.Errorf("the examples have no Deployment with the label %s", examplesLabel)
	}
	for _, d := range list.Items {
		if err := s.showInterfaces(ctx, c, out, "deployment/"+d.Name); err != nil {
			return fmt.Errorf("%w\n%s\n%s", err, c.Explain(ctx, examplesNamespace), c.Explain(ctx, Namespace))
		}
	}
	return nil
}

func (s Source) showInterfaces(ctx context.Context, c *cluster.Cluster, out io.Writer, deployment string) error {
	if err := s.kubectl(ctx, c, "rollout", "status", deployment, "--timeout="+rolloutTimeout); err != nil {
		return err
	}
	show := []string{"exec", deployment, "--", "ip", "-brief", "link", "show"}
	k := c.Kubectl(ctx, show...)
	k.Stderr = s.Log
	interfaces, err := k.Output()
	if err != nil {
		return fmt.Errorf("list the interfaces of %s: %w", deployment, err)
	}
	_, err = fmt.Fprintf(out, "\n$ kubectl exec %s -- ip -brief link show\n%s", deployment, interfaces)
	return err
}
