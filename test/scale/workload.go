package scale

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// namespace of the pods.
const namespace = "scale"

// The ways in which pods have claims.
const (
	withoutClaims = "without a claim"
	withClaims    = "with a claim made before"
	withTemplates = "with a claim from a template"
)

var ways = []string{withoutClaims, withClaims, withTemplates}

// claimEntry is what pods call their claim, and template what all share.
const (
	claimEntry = "net"
	template   = "net"
)

// workload is many pods that differ in their names alone.
type workload struct {
	way   string
	group string // of the nodes
	pods  int
	claim resourceapi.ResourceClaimSpec
}

func (w workload) name(i int) string { return fmt.Sprintf("pod-%05d", i) }

// prepare makes what must be there before the pods.
func (w workload) prepare(ctx context.Context, client kubernetes.Interface) error {
	switch w.way {
	case withTemplates:
		_, err := client.ResourceV1().ResourceClaimTemplates(namespace).Create(ctx, &resourceapi.ResourceClaimTemplate{
			ObjectMeta: metav1.ObjectMeta{Name: template},
			Spec:       resourceapi.ResourceClaimTemplateSpec{Spec: w.claim},
		}, metav1.CreateOptions{})
		return err
	case withClaims:
		return w.each(ctx, func(ctx context.Context, name string) error {
			_, err := client.ResourceV1().ResourceClaims(namespace).Create(ctx, &resourceapi.ResourceClaim{
				ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: w.claim,
			}, metav1.CreateOptions{})
			return err
		})
	}
	return nil
}

// create makes the pods.
func (w workload) create(ctx context.Context, client kubernetes.Interface) error {
	return w.each(ctx, func(ctx context.Context, name string) error {
		_, err := client.CoreV1().Pods(namespace).Create(ctx, w.pod(name), metav1.CreateOptions{})
		return err
	})
}

func (w workload) each(ctx context.Context, do func(ctx context.Context, name string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range w.pods {
		group.Go(func() error { return do(ctx, w.name(i)) })
	}
	return group.Wait()
}

func (w workload) pod(name string) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			NodeSelector:                 map[string]string{groupLabel: w.group},
			AutomountServiceAccountToken: ptr.To(false),
			Containers: []corev1.Container{{
				Name: "main", Image: "registry.k8s.io/pause:3.10",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
				}},
			}},
		},
	}
	if w.way == withoutClaims {
		return pod
	}
	entry := corev1.PodResourceClaim{Name: claimEntry}
	if w.way == withClaims {
		entry.ResourceClaimName = &name
	} else {
		entry.ResourceClaimTemplateName = ptr.To(template)
	}
	pod.Spec.ResourceClaims = []corev1.PodResourceClaim{entry}
	pod.Spec.Containers[0].Resources.Claims = []corev1.ResourceClaim{{Name: claimEntry}}
	return pod
}

// remove deletes all pods, claims and templates and waits until they are gone.
func remove(ctx context.Context, client kubernetes.Interface) error {
	now, all := metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}, metav1.ListOptions{}
	pods, claims := client.CoreV1().Pods(namespace), client.ResourceV1().ResourceClaims(namespace)
	if err := pods.DeleteCollection(ctx, now, all); err != nil {
		return fmt.Errorf("delete pods: %w", err)
	}
	if err := claims.DeleteCollection(ctx, metav1.DeleteOptions{}, all); err != nil {
		return fmt.Errorf("delete claims: %w", err)
	}
	if err := client.ResourceV1().ResourceClaimTemplates(namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, all); err != nil {
		return fmt.Errorf("delete templates: %w", err)
	}
	one := metav1.ListOptions{Limit: 1}
	return poll(ctx, func() (bool, error) {
		left, err := claims.List(ctx, one)
		if err != nil || len(left.Items) > 0 {
			return false, err
		}
		pods, err := pods.List(ctx, one)
		return err == nil && len(pods.Items) == 0, err
	})
}
