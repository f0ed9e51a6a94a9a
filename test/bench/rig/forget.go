package rig

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// machineLabel is on all that a machine has in the cluster. Its value is the
// machine's prefix.
const machineLabel = "hawser-bench"

func (m *Machine) labels() map[string]string { return map[string]string{machineLabel: m.prefix} }

// forgetTimeout bounds how long it takes to delete thousands of objects.
const forgetTimeout = 10 * time.Minute

// forget removes nodes, pods and claims from the cluster, so that it has none but
// its own. The slices go with their nodes.
func (m *Machine) forget() error {
	ctx, cancel := context.WithTimeout(context.Background(), forgetTimeout)
	defer cancel()
	all := metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: m.labels()})}
	now := *metav1.NewDeleteOptions(0) // no kubelet will say that it has ended them
	return errors.Join(
		insist(ctx, func() error { return m.Client.CoreV1().Nodes().DeleteCollection(ctx, now, all) }),
		insist(ctx, func() error {
			return m.Client.CoreV1().Pods(metav1.NamespaceDefault).DeleteCollection(ctx, now, all)
		}),
		insist(ctx, func() error {
			return m.Client.ResourceV1().ResourceClaims(metav1.NamespaceDefault).DeleteCollection(ctx, now, all)
		}),
	)
}

// insist goes on where the API server has not deleted all in the time that it takes
// for one request.
func insist(ctx context.Context, remove func() error) error {
	for {
		err := remove()
		if !apierrors.IsTimeout(err) && !apierrors.IsServerTimeout(err) || ctx.Err() != nil {
			return err
		}
	}
}
