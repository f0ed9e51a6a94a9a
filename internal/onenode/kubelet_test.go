package onenode

import (
	"context"
	"errors"
	"fmt"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	cdilib "tags.cncf.io/container-device-interface/pkg/cdi"

	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// newClaim is a claim that is allocated on the node, with a device for each of
// the netdev parameters.
func newClaim(ordinal int, netdevs ...string) *resourceapi.ResourceClaim {
	rc := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ns", Name: fmt.Sprintf("c%d", ordinal), UID: types.UID(fmt.Sprintf("6f0b8a44-97e2-4d2c-8d5f-%012d", ordinal)),
	}}
	rc.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", UID: types.UID(rc.Name)}}
	rc.Status.Allocation = &resourceapi.AllocationResult{}
	devices := &rc.Status.Allocation.Devices
	for i, netdev := range netdevs {
		request := fmt.Sprintf("r%d", i)
		share := types.UID(fmt.Sprintf("5a1f0d86-0c2c-4f6b-%04d-%012d", i, ordinal))
		devices.Results = append(devices.Results, resourceapi.DeviceRequestAllocationResult{
			Request: request, Driver: driverName, Pool: "node1", Device: claim.VirtualDevice, ShareID: &share,
		})
		devices.Config = append(devices.Config, resourceapi.DeviceAllocationConfiguration{
			Source: resourceapi.AllocationConfigSourceClaim, Requests: []string{request},
			DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
				Driver: driverName, Parameters: runtime.RawExtension{Raw: []byte(`{"type": "netdev", "netdev": ` + netdev + `}`)},
			}},
		})
	}
	return rc
}

// errDied is the answer of a driver that died before it gave one.
var errDied = errors.New("the connection to the driver broke")

// context is that of a call.
func (n *node) context() context.Context {
	return logging.Into(context.Background(), n.log.With("program", "driver", "side", n.side))
}

// prepare calls the driver as the kubelet does.
func (n *node) prepare(rc *resourceapi.ResourceClaim) (err error) {
	var results map[types.UID]kubeletplugin.PrepareResult
	n.label(func() {
		results, err = n.driver.plugin.PrepareResourceClaims(n.context(), []*resourceapi.ResourceClaim{rc})
	})
	if err != nil {
		return err
	}
	r, ok := results[rc.UID]
	if !ok {
		return errDied
	}
	return r.Err
}

func (n *node) unprepare(rc *resourceapi.ResourceClaim) (err error) {
	objects := []kubeletplugin.NamespacedObject{{UID: rc.UID, NamespacedName: types.NamespacedName{Namespace: rc.Namespace, Name: rc.Name}}}
	var results map[types.UID]error
	n.label(func() { results, err = n.driver.plugin.UnprepareResourceClaims(n.context(), objects) })
	if err != nil {
		return err
	}
	err, ok := results[rc.UID]
	if !ok {
		return errDied
	}
	return err
}

// listed returns what the runtime would move into a container: by device, the
// name on the host, or "" for nothing. It is nil when there is no spec.
func (n *node) listed(claimUID string, devices int) (names []string) {
	n.t.Helper()
	cache, err := cdilib.NewCache(cdilib.WithSpecDirs(n.cdi), cdilib.WithAutoRefresh(false))
	if err != nil {
		n.t.Fatal(err)
	}
	for i := range devices {
		d := cache.GetDevice(fmt.Sprintf("%s/claim=%s-d%d", driverName, claimUID, i))
		if d == nil {
			return nil
		}
		name := ""
		if len(d.ContainerEdits.NetDevices) > 0 {
			name = d.ContainerEdits.NetDevices[0].HostInterfaceName
		}
		names = append(names, name)
	}
	return names
}
