package scale

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// heartbeat is how often each node's lease is renewed. A kubelet does so every 10
// seconds; 50 without one and the node counts as lost.
const heartbeat = 20 * time.Second

// beat renews the nodes' leases until the context ends, spread over the interval. A
// slow answer keeps no other node waiting: one that counts as lost stays so.
func beat(ctx context.Context, client kubernetes.Interface, nodes []*node) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, n := range nodes {
		group.Go(func() error { return n.beat(ctx, client, heartbeat*time.Duration(i)/time.Duration(len(nodes))) })
	}
	return group.Wait()
}

// beat renews the node's lease, the first time after a while.
func (n *node) beat(ctx context.Context, client kubernetes.Interface, first time.Duration) (err error) {
	var lease *coordinationv1.Lease
	for next := time.After(first); ; next = time.After(heartbeat) {
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		}
		lease, err = renew(ctx, client, n, lease)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("heartbeat of %s: %w", n.Name, err)
		}
	}
}

// renew makes the lease the first time.
func renew(ctx context.Context, client kubernetes.Interface, n *node, lease *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	leases := client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now := metav1.NowMicro()
	if lease != nil {
		lease.Spec.RenewTime = &now
		return leases.Update(ctx, lease, metav1.UpdateOptions{})
	}
	return leases.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Namespace: corev1.NamespaceNodeLease},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: &n.Name, LeaseDurationSeconds: ptr.To[int32](40), RenewTime: &now,
		},
	}, metav1.CreateOptions{})
}
