package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// logLines is how much of a container's log Explain shows.
const logLines = 40

// Explain tells what the cluster knows of the pods in a namespace, for someone
// who wants to know why they are not what they should be: their state, the
// events, the ends of the logs. What it cannot find out it says in its place.
func (c *Cluster) Explain(ctx context.Context, namespace string) string {
	var w strings.Builder
	c.explain(ctx, &w, namespace)
	return w.String()
}

func (c *Cluster) explain(ctx context.Context, w *strings.Builder, namespace string) {
	pods, err := c.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintf(w, "pods of %s: %v\n", namespace, err)
		return
	}
	for i := range pods.Items {
		c.explainPod(ctx, w, &pods.Items[i])
	}
	events, err := c.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintf(w, "events of %s: %v\n", namespace, err)
		return
	}
	fmt.Fprintf(w, "--- events of %s\n", namespace)
	slices.SortStableFunc(events.Items, func(a, b corev1.Event) int { return timeOf(a).Compare(timeOf(b)) })
	for _, e := range events.Items {
		o := e.InvolvedObject
		fmt.Fprintf(w, "%s %s/%s %s: %s\n", timeOf(e).Format(time.TimeOnly), o.Kind, o.Name, e.Reason, e.Message)
	}
}

// timeOf is when an event happened last; the two ways to record one differ.
func timeOf(e corev1.Event) time.Time {
	if e.LastTimestamp.IsZero() {
		return e.EventTime.Time
	}
	return e.LastTimestamp.Time
}

func (c *Cluster) explainPod(ctx context.Context, w *strings.Builder, pod *corev1.Pod) {
	fmt.Fprintf(w, "--- pod %s/%s: %s %s\n", pod.Namespace, pod.Name, pod.Status.Phase, pod.Status.Message)
	for _, condition := range pod.Status.Conditions {
		if condition.Status != corev1.ConditionTrue {
			fmt.Fprintf(w, "not %s: %s %s\n", condition.Type, condition.Reason, condition.Message)
		}
	}
	for _, s := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		fmt.Fprintf(w, "container %s: ready %t, restarts %d, %s\n", s.Name, s.Ready, s.RestartCount, stateOf(s.State))
		if s.RestartCount > 0 {
			fmt.Fprintf(w, "before that: %s\n", stateOf(s.LastTerminationState))
			c.containerLog(ctx, w, pod, s.Name, true)
		}
		if s.State.Waiting == nil {
			c.containerLog(ctx, w, pod, s.Name, false)
		}
	}
}

func stateOf(s corev1.ContainerState) string {
	switch {
	case s.Waiting != nil:
		return fmt.Sprintf("waiting: %s %s", s.Waiting.Reason, s.Waiting.Message)
	case s.Terminated != nil:
		return fmt.Sprintf("terminated with %d: %s %s", s.Terminated.ExitCode, s.Terminated.Reason, s.Terminated.Message)
	case s.Running != nil:
		return "running"
	}
	return "state unknown"
}

func (c *Cluster) containerLog(ctx context.Context, w *strings.Builder, pod *corev1.Pod, container string, previous bool) {
	lines := int64(logLines)
	text, err := c.client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
		Container: container, Previous: previous, TailLines: &lines,
	}).DoRaw(ctx)
	if err != nil {
		fmt.Fprintf(w, "log of %s: %v\n", container, err)
		return
	}
	fmt.Fprintf(w, "the end of its log:\n%s", text)
}
