package scale

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/product"
)

// driverName is what deploy/ calls the driver.
const driverName = "dra.example.com"

// tokenSeconds is longer than a run takes.
const tokenSeconds = 6 * 60 * 60

// install applies deploy/base but for the DaemonSet, whose pods nobody would run:
// the driver's rights, the policy on its slices, the classes.
func install(ctx context.Context, c *cluster.Cluster, repo string) error {
	for _, name := range []string{"namespace.yaml", "driver.yaml", "policy.yaml", "resourceclass.yaml"} {
		text, err := os.ReadFile(filepath.Join(repo, "deploy", "base", name))
		if err != nil {
			return err
		}
		for object := range bytes.SplitSeq(text, []byte("\n---\n")) {
			if bytes.Contains(object, []byte("\nkind: DaemonSet\n")) {
				continue
			}
			apply := c.Kubectl(ctx, "apply", "-f", "-")
			apply.Stdin = bytes.NewReader(object)
			if out, err := apply.CombinedOutput(); err != nil {
				return fmt.Errorf("apply %s: %w: %s", name, err, out)
			}
		}
	}
	return nil
}

// accessOf is the way to the API server that the drivers of a node have: the
// service account's token, bound to the node, as a pod's there is.
func accessOf(ctx context.Context, client kubernetes.Interface, admin *rest.Config, n *node) (*rest.Config, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: ptr.To[int64](tokenSeconds),
		BoundObjectRef:    &authenticationv1.BoundObjectReference{Kind: "Node", APIVersion: "v1", Name: n.Name, UID: n.uid},
	}}
	token, err := client.CoreV1().ServiceAccounts(product.Namespace).CreateToken(ctx, product.DaemonSet, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("token of the driver on %s: %w", n.Name, err)
	}
	access := rest.AnonymousClientConfig(admin)
	access.BearerToken = token.Status.Token
	return access, nil
}
