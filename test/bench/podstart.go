package bench

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-dra/hawser/test/bench/rig"
)

// podImage is the examples', which the test cluster's node has.
const podImage = "nicolaka/netshoot:v0.14"

// vethTemplate is for claims of one veth.
func vethTemplate() *resourceapi.ResourceClaimTemplate {
	const nic = "nic"
	t := &resourceapi.ResourceClaimTemplate{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "bench-veth"}}
	t.Spec.Spec.Devices = resourceapi.DeviceClaim{
		Requests: []resourceapi.DeviceRequest{{Name: nic, Exactly: &resourceapi.ExactDeviceRequest{DeviceClassName: "network-devices"}}},
		Config: []resourceapi.DeviceClaimConfiguration{{
			Requests: []string{nic}, DeviceConfiguration: rig.Opaque(veth.devices(1)[0]),
		}},
	}
	return t
}

// podWith is a pod with a claim of each template.
func podWith(name string, templates ...*resourceapi.ResourceClaimTemplate) *corev1.Pod {
	grace := int64(1)
	c := corev1.Container{Name: "main", Image: podImage, ImagePullPolicy: corev1.PullIfNotPresent, Command: []string{"sleep", "infinity"}}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: name}}
	for _, t := range templates {
		p.Spec.ResourceClaims = append(p.Spec.ResourceClaims, corev1.PodResourceClaim{Name: t.Name, ResourceClaimTemplateName: &t.Name})
		c.Resources.Claims = append(c.Resources.Claims, corev1.ResourceClaim{Name: t.Name})
	}
	p.Spec.Containers, p.Spec.TerminationGracePeriodSeconds = []corev1.Container{c}, &grace
	return p
}

// startPod makes a pod, says how long it took until it was ready, and takes it
// away.
func startPod(ctx context.Context, api kubernetes.Interface, p *corev1.Pod) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pods := api.CoreV1().Pods(p.Namespace)
	events, err := pods.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, p.Name).String()})
	if err != nil {
		return 0, fmt.Errorf("watch pod %s: %w", p.Name, err)
	}
	defer events.Stop()
	began := time.Now()
	if _, err := pods.Create(ctx, p, metav1.CreateOptions{}); err != nil {
		return 0, fmt.Errorf("make pod %s: %w", p.Name, err)
	}
	if err := await(events, "ready", ready); err != nil {
		return 0, fmt.Errorf("pod %s: %w", p.Name, err)
	}
	took = time.Since(began)
	if err := pods.Delete(ctx, p.Name, metav1.DeleteOptions{}); err != nil {
		return 0, fmt.Errorf("delete pod %s: %w", p.Name, err)
	}
	if err := await(events, "gone", gone); err != nil {
		return 0, fmt.Errorf("pod %s: %w", p.Name, err)
	}
	return took, nil
}

// await returns when one of the events is it.
func await(events watch.Interface, what string, is func(watch.Event) bool) error {
	for e := range events.ResultChan() {
		if is(e) {
			return nil
		}
	}
	return fmt.Errorf("not %s in time", what)
}

func ready(e watch.Event) bool {
	p, ok := e.Object.(*corev1.Pod)
	if !ok {
		return false
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func gone(e watch.Event) bool { return e.Type == watch.Deleted }
