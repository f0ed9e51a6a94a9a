package e2e

import (
	"context"
	"fmt"
	"testing"

	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestManyDevices gives the node more devices than a slice may have: functions of
// its card, and soft RDMA devices over dummies. The API server takes them in
// several slices, and a claim finds the last of them.
func TestManyDevices(t *testing.T) {
	const (
		hcas  = 60
		group = 6464 // of the dummies, with which their RDMA devices go
	)
	functions(t, 7)
	t.Cleanup(func() {
		onNode(t, fmt.Sprintf("ip link del group %d", group))
		wantOffered(t, fmt.Sprintf("rdma-many%d", hcas), false)
	})
	onNode(t, fmt.Sprintf(`set -e
		modprobe -aq crc32_generic || true
		modprobe -a rdma_rxe ib_uverbs rdma_ucm
		for i in $(seq %d); do
			ip link add many$i group %d up type dummy && rdma link add many$i type rxe netdev many$i
		done`, hcas, group))
	wantDevices(t, "uverbs", hcas)
	eventually(t, wantSlices) // while the devices come, a list may have slices of before
	n := newNamespace(t)
	spec := rdmaSpec(t, "rdma-devices", uverbs())
	spec.Devices.Requests[0].Exactly.Selectors = []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{
		Expression: fmt.Sprintf("device.attributes[%q].ibdev == \"many%d\"", driverName, hcas),
	}}}
	n.apply(claimTemplate("hca", spec), podWith("last", "hca"))
	n.ready("last")
}

// wantSlices looks at how the node's devices lie in slices: not too many in one, each
// in one, and each slice knows how many there are.
func wantSlices() error {
	list, err := theCluster.Client().ResourceV1().ResourceSlices().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, s := range list.Items {
		if len(s.Spec.Devices) > 64 || s.Spec.Pool.ResourceSliceCount != int64(len(list.Items)) {
			return fmt.Errorf("slice %s has %d devices, and says that there are %d of %d", s.Name, len(s.Spec.Devices), s.Spec.Pool.ResourceSliceCount, len(list.Items))
		}
		for _, d := range s.Spec.Devices {
			if seen[d.Name] {
				return fmt.Errorf("%s is listed twice", d.Name)
			}
			seen[d.Name] = true
		}
	}
	if len(list.Items) < 2 {
		return fmt.Errorf("%d slices", len(list.Items))
	}
	return nil
}
