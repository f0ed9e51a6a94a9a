package scale

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// heartbeat is how often each node's lease is renewed. A kubelet does so every 10
// seconds; 50 without one and the node counts as lost.
const heartbeat = 20 * time.Second

// beat renews the nodes' leases until the context ends, spread over the interval.
func beat(ctx context.Context, client kubernetes.Interface, nodes []*node) error {
	next := time.NewTicker(heartbeat / time.Duration(len(nodes)))
	defer next.Stop()
	leases := map[string]*coordinationv1.Lease{}
	for i := 0; ; i = (i + 1) % len(nodes) {
		lease, err := renew(ctx, client, nodes[i], leases[nodes[i].Name])
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("heartbeat of %s: %w", nodes[i].Name, err)
		}
		leases[nodes[i].Name] = lease
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
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
