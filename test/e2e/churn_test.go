package e2e

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// lives is how many pods come and go. On the emulated node one takes seconds.
var lives = flag.Int("lives", 16, "how many pods TestPodsComeAndGo makes and deletes")

// TestPodsComeAndGo makes four pods and deletes them, and those of the same names
// after them, one life right after the other. For half of that time the driver is
// updated, again and again.
func TestPodsComeAndGo(t *testing.T) {
	const lanes = 4
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "veth", "interfaceName": "data0"}.parameters()})))
	pods := theCluster.Client().CoreV1().Pods(n.name)
	lived := make(chan struct{}, *lives)
	group, ctx := errgroup.WithContext(t.Context())
	for lane := range lanes {
		group.Go(func() error {
			for life := range *lives / lanes {
				if err := comeAndGo(ctx, pods, podWith(fmt.Sprintf("pod%d", lane), "nic")); err != nil {
					return fmt.Errorf("life %d: %w", life, err)
				}
				lived <- struct{}{}
			}
			return nil
		})
	}
	group.Go(func() error { return rollWhilePodsLive(ctx, lived, *lives/2) })
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	driverReady(t)
	wantCleanNode(t)
	wantSocketsOfOneDriver(t)
}

// comeAndGo is one life of a pod: it becomes ready, is deleted, and is gone.
func comeAndGo(ctx context.Context, pods corev1client.PodInterface, pod *corev1.Pod) error {
	if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	var last *corev1.Pod
	poll := func(done func(*corev1.Pod, error) (bool, error)) error {
		return wait.PollUntilContextTimeout(ctx, interval, patience, true, func(ctx context.Context) (bool, error) {
			p, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
			if err == nil {
				last = p
			}
			return done(p, err)
		})
	}
	err := poll(func(p *corev1.Pod, err error) (bool, error) { return err == nil && isReady(p), err })
	if err != nil {
		return fmt.Errorf("pod %s is not ready: %w; %+v", pod.Name, err, last.Status)
	}
	if err := pods.Delete(ctx, pod.Name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err = poll(func(_ *corev1.Pod, err error) (bool, error) {
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("pod %s is not gone: %w; %+v", pod.Name, err, last.Status)
	}
	return nil
}

func isReady(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// rollWhilePodsLive updates the DaemonSet again and again until so many lives
// have passed.
func rollWhilePodsLive(ctx context.Context, lived <-chan struct{}, lives int) error {
	for passed := 0; passed < lives; {
		if _, err := kubectl(ctx, nil, "rollout", "restart", "-n", "dra-system", "daemonset/dra-driver"); err != nil {
			return err
		}
		if _, err := kubectl(ctx, nil, "rollout", "status", "-n", "dra-system", "daemonset/dra-driver", "--timeout="+patience.String()); err != nil {
			return err
		}
		for len(lived) > 0 {
			<-lived
			passed++
		}
	}
	return nil
}

// wantSocketsOfOneDriver waits until there are only a driver's two, dra.sock and
// the registration's, and podlink's.
func wantSocketsOfOneDriver(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		sockets := onNode(t, "find /var/lib/kubelet/plugins_registry /var/lib/kubelet/plugins/"+driverName+" -name '*.sock'")
		if n := strings.Count(sockets, "\n"); n != 3 {
			return fmt.Errorf("%d sockets, want the 3 of one driver:\n%s", n, sockets)
		}
		return nil
	})
}
