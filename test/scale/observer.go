package scale

import (
	"context"
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	resourcelisters "k8s.io/client-go/listers/resource/v1"
)

// observer sees all slices of the cluster, as the scheduler does.
type observer struct {
	slices resourcelisters.ResourceSliceLister
}

func observe(ctx context.Context, client kubernetes.Interface) (*observer, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	o := &observer{factory.Resource().V1().ResourceSlices().Lister()}
	return o, start(ctx, factory)
}

// start starts informers and waits until they know all that there is.
func start(ctx context.Context, factory informers.SharedInformerFactory) error {
	factory.Start(ctx.Done())
	for kind, ok := range factory.WaitForCacheSync(ctx.Done()) {
		if !ok {
			return fmt.Errorf("watch %s: %w", kind, context.Cause(ctx))
		}
	}
	return nil
}

// all slices there are.
func (o *observer) all() ([]*resourceapi.ResourceSlice, error) {
	return o.slices.List(labels.Everything())
}

// of are the slices of a node.
func (o *observer) of(n *node) (own []*resourceapi.ResourceSlice, err error) {
	all, err := o.all()
	for _, s := range all {
		if s.Spec.NodeName != nil && *s.Spec.NodeName == n.Name {
			own = append(own, s)
		}
	}
	return own, err
}

// published waits until each node's pool is complete.
func (o *observer) published(ctx context.Context, nodes []*node) error {
	return poll(ctx, func() (bool, error) {
		all, err := o.all()
		if err != nil {
			return false, err
		}
		have, want := map[string]int64{}, map[string]int64{}
		for _, s := range all {
			have[s.Spec.Pool.Name]++
			want[s.Spec.Pool.Name] = s.Spec.Pool.ResourceSliceCount
		}
		return !slices.ContainsFunc(nodes, func(n *node) bool {
			return have[n.Name] == 0 || have[n.Name] != want[n.Name]
		}), nil
	})
}

// versions of the nodes' slices tell whether any was written.
func (o *observer) versions(nodes []*node) (map[string]string, error) {
	all, err := o.all()
	versions := map[string]string{}
	for _, s := range all {
		if slices.ContainsFunc(nodes, func(n *node) bool { return n.Name == s.Spec.Pool.Name }) {
			versions[s.Name] = s.ResourceVersion
		}
	}
	return versions, err
}
