package rig

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// virtualDevice is the one that stands for created links.
const virtualDevice = "netdev-virtual"

// Claims makes claims on the cluster, each with a device for each of the
// parameters and a pod of its own, and has them allocated on the node as the
// scheduler does. A claim that no pod has reserved would be deallocated.
func (n *Node) Claims(ctx context.Context, count int, parameters ...string) ([]*resourceapi.ResourceClaim, error) {
	var claims []*resourceapi.ResourceClaim
	api := n.machine.Client.ResourceV1().ResourceClaims(metav1.NamespaceDefault)
	for range count {
		c, err := api.Create(ctx, n.claim(parameters), metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("make a claim: %w", err)
		}
		pod, err := n.machine.Client.CoreV1().Pods(metav1.NamespaceDefault).Create(ctx, n.pod(c.Name), metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("make the pod of claim %s: %w", c.Name, err)
		}
		n.allocate(c, pod)
		if c, err = api.UpdateStatus(ctx, c, metav1.UpdateOptions{}); err != nil {
			return nil, fmt.Errorf("allocate claim %s: %w", c.Name, err)
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// Claim makes one claim, see [Node.Claims].
func (n *Node) Claim(ctx context.Context, parameters ...string) (*resourceapi.ResourceClaim, error) {
	claims, err := n.Claims(ctx, 1, parameters...)
	if err != nil {
		return nil, err
	}
	return claims[0], nil
}

// claim wants a device for each of the parameters.
func (n *Node) claim(parameters []string) *resourceapi.ResourceClaim {
	c := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: metav1.NamespaceDefault, Name: n.Name + "-" + string(uuid.NewUUID())[:13], Labels: n.machine.labels(),
	}}
	for i, p := range parameters {
		request := fmt.Sprintf("r%d", i)
		c.Spec.Devices.Requests = append(c.Spec.Devices.Requests, resourceapi.DeviceRequest{
			Name: request, Exactly: &resourceapi.ExactDeviceRequest{
				DeviceClassName: "netdev-virtual", AllocationMode: resourceapi.DeviceAllocationModeExactCount, Count: 1,
			},
		})
		c.Spec.Devices.Config = append(c.Spec.Devices.Config, resourceapi.DeviceClaimConfiguration{
			Requests: []string{request}, DeviceConfiguration: Opaque(p),
		})
	}
	return c
}

// pod is on the node already, and has a claim.
func (n *Node) pod(claim string) *corev1.Pod {
	const device = "device"
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: claim, Labels: n.machine.labels()},
		Spec: corev1.PodSpec{
			NodeName:       n.Name,
			Tolerations:    []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			ResourceClaims: []corev1.PodResourceClaim{{Name: device, ResourceClaimName: &claim}},
			Containers: []corev1.Container{{
				Name: "main", Image: "none", Resources: corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: device}}},
			}},
		},
	}
}

// allocate writes what the scheduler writes.
func (n *Node) allocate(c *resourceapi.ResourceClaim, pod *corev1.Pod) {
	allocation := &resourceapi.AllocationResult{}
	for i, r := range c.Spec.Devices.Requests {
		share := uuid.NewUUID()
		allocation.Devices.Results = append(allocation.Devices.Results, resourceapi.DeviceRequestAllocationResult{
			Request: r.Name, Driver: DriverName, Pool: n.Name, Device: virtualDevice, ShareID: &share,
			ConsumedCapacity: map[resourceapi.QualifiedName]resource.Quantity{DriverName + "/slots": resource.MustParse("1")},
		})
		allocation.Devices.Config = append(allocation.Devices.Config, resourceapi.DeviceAllocationConfiguration{
			Source: resourceapi.AllocationConfigSourceClaim, Requests: []string{r.Name},
			DeviceConfiguration: c.Spec.Devices.Config[i].DeviceConfiguration,
		})
	}
	c.Status.Allocation = allocation
	c.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", Name: pod.Name, UID: pod.UID}}
}

// Opaque is the configuration of a device with parameters.
func Opaque(parameters string) resourceapi.DeviceConfiguration {
	return resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
		Driver: DriverName, Parameters: runtime.RawExtension{Raw: []byte(parameters)},
	}}
}
