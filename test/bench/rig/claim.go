package rig

import (
	"context"
	"fmt"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// virtualDevice is the one that stands for created links.
const virtualDevice = "netdev-virtual"

// Claims makes claims on the cluster, each with a device for each of the
// parameters, and has them allocated on the node as the scheduler does.
func (n *Node) Claims(ctx context.Context, count int, parameters ...string) ([]*resourceapi.ResourceClaim, error) {
	var claims []*resourceapi.ResourceClaim
	api := n.machine.Client.ResourceV1().ResourceClaims(metav1.NamespaceDefault)
	for range count {
		c, err := api.Create(ctx, n.claim(parameters), metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("make a claim: %w", err)
		}
		n.allocate(c)
		if c, err = api.UpdateStatus(ctx, c, metav1.UpdateOptions{}); err != nil {
			return nil, fmt.Errorf("allocate claim %s: %w", c.Name, err)
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// claim wants a device for each of the parameters.
func (n *Node) claim(parameters []string) *resourceapi.ResourceClaim {
	c := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: metav1.NamespaceDefault, Name: n.Name + "-" + string(uuid.NewUUID())[:13],
	}}
	for i, p := range parameters {
		request := fmt.Sprintf("r%d", i)
		c.Spec.Devices.Requests = append(c.Spec.Devices.Requests, resourceapi.DeviceRequest{
			Name: request, Exactly: &resourceapi.ExactDeviceRequest{
				DeviceClassName: "netdev-virtual", AllocationMode: resourceapi.DeviceAllocationModeExactCount, Count: 1,
			},
		})
		c.Spec.Devices.Config = append(c.Spec.Devices.Config, resourceapi.DeviceClaimConfiguration{
			Requests: []string{request}, DeviceConfiguration: opaque(p),
		})
	}
	return c
}

// allocate writes what the scheduler writes.
func (n *Node) allocate(c *resourceapi.ResourceClaim) {
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
	c.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", Name: c.Name, UID: types.UID(c.Name)}}
}

func opaque(parameters string) resourceapi.DeviceConfiguration {
	return resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
		Driver: DriverName, Parameters: runtime.RawExtension{Raw: []byte(parameters)},
	}}
}
