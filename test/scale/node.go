package scale

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/hawser-dra/hawser/internal/fakeagent"
)

// groupLabel is on each node, for pods that are for nodes of one kind.
const groupLabel = "hawser.example.com/group"

// capacity of each node.
var capacity = corev1.ResourceList{
	corev1.ResourcePods: resource.MustParse("110"), corev1.ResourceCPU: resource.MustParse("64"),
	corev1.ResourceMemory: resource.MustParse("256Gi"), corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
}

// node is a simulated one.
type node struct {
	Name    string
	Group   string
	uid     types.UID
	dir     string
	podlink string
	access  *rest.Config // of its drivers
	// netagent is that of all its drivers: what it knows outlives it.
	netagent *fakeagent.Server
	pods     int       // of the driver, until now
	drivers  []*driver // all of them; the last one runs
}

// join makes the node known, as a kubelet does, without taints and ready.
func (n *node) join(ctx context.Context, client kubernetes.Interface) error {
	node, err := client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: n.Name, Labels: map[string]string{corev1.LabelHostname: n.Name, groupLabel: n.Group},
	}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	n.uid = node.UID
	node.ResourceVersion = "" // whatever a controller has changed meanwhile
	node.Status = corev1.NodeStatus{Capacity: capacity, Allocatable: capacity, Conditions: conditions()}
	if _, err := client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("make %s ready: %w", n.Name, err)
	}
	return nil
}

func conditions() (all []corev1.NodeCondition) {
	now := metav1.Now()
	for kind, status := range map[corev1.NodeConditionType]corev1.ConditionStatus{
		corev1.NodeReady: corev1.ConditionTrue, corev1.NodeMemoryPressure: corev1.ConditionFalse,
		corev1.NodeDiskPressure: corev1.ConditionFalse, corev1.NodePIDPressure: corev1.ConditionFalse,
	} {
		all = append(all, corev1.NodeCondition{
			Type: kind, Status: status, Reason: "Simulated", LastHeartbeatTime: now, LastTransitionTime: now,
		})
	}
	return all
}

// driver is the one that runs.
func (n *node) driver() *driver { return n.drivers[len(n.drivers)-1] }

// traffic of all the node's drivers.
func (n *node) traffic() (t Traffic) {
	for _, d := range n.drivers {
		t = t.Plus(d.meter.Traffic())
	}
	return t
}
