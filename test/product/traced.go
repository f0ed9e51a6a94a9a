package product

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/jaeger"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// jaegerHost is the name by which deploy/overlays/jaeger has the driver find
// Jaeger.
const jaegerHost = "jaeger." + Namespace + ".svc"

// InstallTraced is Install with Jaeger, by the overlay that users have for it.
func (s Source) InstallTraced(ctx context.Context, c *cluster.Cluster, t *toolchain.Toolchain) error {
	if err := s.loadJaeger(ctx, c, t); err != nil {
		return err
	}
	for _, file := range []string{"namespace.yaml", "jaeger.yaml"} {
		if err := s.kubectl(ctx, c, "apply", "-f", filepath.Join(s.deploy(), file)); err != nil {
			return err
		}
	}
	if err := s.nameJaeger(ctx, c); err != nil {
		return err
	}
	return s.install(ctx, c, s.traced())
}

// RemoveJaeger undoes what InstallTraced does beyond Install.
func (s Source) RemoveJaeger(ctx context.Context, c *cluster.Cluster) error {
	if err := s.kubectl(ctx, c, "delete", "-f", filepath.Join(s.deploy(), "jaeger.yaml")); err != nil {
		return err
	}
	return s.Install(ctx, c)
}

func (s Source) traced() string { return filepath.Join(s.deploy(), "overlays", "jaeger") }

func (s Source) loadJaeger(ctx context.Context, c *cluster.Cluster, t *toolchain.Toolchain) error {
	manifests, err := c.Kubectl(ctx, "kustomize", s.traced()).Output()
	if err != nil {
		return fmt.Errorf("read the manifests in %s: %w", s.traced(), err)
	}
	name, err := imageName(string(manifests), jaeger.Repository)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hawser-jaeger-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archive := filepath.Join(dir, "jaeger.tar")
	if err := jaeger.Image(ctx, t, archive, name); err != nil {
		return err
	}
	_, err = c.LoadImages(ctx, archive)
	return err
}

// nameJaeger stands in for the cluster's DNS and service proxy, which the test
// cluster does not have: the node's hosts file, of which pods with the host's
// network get a copy, has the Service's name with its pod's address.
func (s Source) nameJaeger(ctx context.Context, c *cluster.Cluster) error {
	err := s.kubectl(ctx, c, "-n", Namespace, "rollout", "status", "deployment/jaeger", "--timeout="+rolloutTimeout)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.Explain(ctx, Namespace))
	}
	address, err := c.Kubectl(ctx, "-n", Namespace, "get", "pod", "-l", "app=jaeger",
		"--field-selector=status.phase=Running", "-o", "jsonpath={.items[0].status.podIP}").Output()
	if err != nil {
		return fmt.Errorf("find jaeger's pod: %w", err)
	}
	line := strings.TrimSpace(string(address)) + " " + jaegerHost
	_, err = c.Node().Run(ctx, fmt.Sprintf(`touch /etc/hosts
		others=$(grep -v ' %s$' /etc/hosts || true)
		printf '%%s\n%%s\n' "$others" '%s' >/etc/hosts`, jaegerHost, line))
	return err
}

// Trace is a claim's life as the driver in the cluster draws it.
func (s Source) Trace(ctx context.Context, c *cluster.Cluster, claimUID string) (string, error) {
	k := c.Kubectl(ctx, "-n", Namespace, "exec", "daemonset/"+DaemonSet, "-c", "driver", "--", "/dra-driver", "trace", claimUID)
	out, err := k.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("draw the trace of claim %s: %w: %s", claimUID, err, out)
	}
	return string(out), nil
}

// traceTime is what spans are given to arrive: the drivers send each second.
const traceTime = 30 * time.Second

// ShowLife prints the life, so far, of one of the examples' claims.
func (s Source) ShowLife(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	claims, err := c.Client().ResourceV1().ResourceClaims(examplesNamespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("find a claim: %w", err)
	}
	if len(claims.Items) == 0 {
		return errors.New("the examples have no claim")
	}
	uid := string(claims.Items[0].UID)
	for end := time.Now().Add(traceTime); ; time.Sleep(time.Second) {
		life, err := s.Trace(ctx, c, uid)
		if err == nil && strings.Contains(life, "podlink") {
			_, err = fmt.Fprintf(out, "\n$ kubectl exec -n %s daemonset/%s -- /dra-driver trace %s\n%s", Namespace, DaemonSet, uid, life)
			return err
		}
		if time.Now().After(end) {
			return errors.Join(fmt.Errorf("the trace of claim %s is not complete:\n%s", uid, life), err)
		}
	}
}
