package scale

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// bindings are when which pod got a node.
type bindings struct {
	mu    sync.Mutex
	nodes map[string]string
	last  time.Time
}

// watchBindings follows all pods of the namespace until the context ends.
func watchBindings(ctx context.Context, client kubernetes.Interface) (*bindings, error) {
	b := &bindings{nodes: map[string]string{}}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    b.see,
		UpdateFunc: func(_, pod any) { b.see(pod) },
		DeleteFunc: b.forget,
	})
	if err != nil {
		return nil, err
	}
	return b, start(ctx, factory)
}

func (b *bindings) see(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Spec.NodeName == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nodes[pod.Name] == "" {
		b.nodes[pod.Name], b.last = pod.Spec.NodeName, time.Now()
	}
}

func (b *bindings) forget(object any) {
	name, err := cache.DeletionHandlingObjectToName(object)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.nodes, name.Name)
}

// wait waits until n pods have a node, and returns it by the pod's name, and when
// the last one got it.
func (b *bindings) wait(ctx context.Context, n int) (nodes map[string]string, last time.Time, err error) {
	err = poll(ctx, func() (bool, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		nodes, last = maps.Clone(b.nodes), b.last
		return len(nodes) == n, nil
	})
	if err != nil {
		err = fmt.Errorf("%d of %d pods are bound: %w", len(nodes), n, err)
	}
	return nodes, last, err
}

// allocated returns the pods' claims, each allocated to one device of its pod's
// node that fits, or says what is wrong.
func allocated(ctx context.Context, client kubernetes.Interface, nodes map[string]string, fits func(device string) bool) ([]resourceapi.ResourceClaim, error) {
	claims, err := client.ResourceV1().ResourceClaims(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	if len(claims.Items) != len(nodes) {
		return nil, fmt.Errorf("%d claims of %d pods", len(claims.Items), len(nodes))
	}
	for _, c := range claims.Items {
		if err := allocatedWell(&c, nodes, fits); err != nil {
			return nil, fmt.Errorf("claim %s: %w", c.Name, err)
		}
	}
	return claims.Items, nil
}

func allocatedWell(c *resourceapi.ResourceClaim, nodes map[string]string, fits func(device string) bool) error {
	if len(c.Status.ReservedFor) != 1 || c.Status.Allocation == nil || len(c.Status.Allocation.Devices.Results) != 1 {
		return fmt.Errorf("not allocated to one pod: %v", c.Status)
	}
	pod, device := c.Status.ReservedFor[0].Name, c.Status.Allocation.Devices.Results[0]
	if device.Driver != driverName || device.Pool != nodes[pod] || !fits(device.Device) {
		return fmt.Errorf("pod %s on node %q has device %s of %s/%s", pod, nodes[pod], device.Device, device.Driver, device.Pool)
	}
	return nil
}
