package fakeagent

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// AddRDMA gives the node an RDMA device, with the device file uverbs<minor>. What
// was lost of it is back.
func (a *Agent) AddRDMA(ibdev string, minor uint32) {
	a.setRDMA(ibdev, netagentv1.Location_LOCATION_HOST, []*netagentv1.CharDevice{
		{Path: "/dev/infiniband/rdma_cm", Major: 10, Minor: 260},
		{Path: fmt.Sprintf("/dev/infiniband/uverbs%d", minor), Major: 231, Minor: 192 + minor},
	})
}

// RemoveRDMA takes an RDMA device from the node.
func (a *Agent) RemoveRDMA(ibdev string) {
	a.setRDMA(ibdev, netagentv1.Location_LOCATION_LOST, nil)
}

func (a *Agent) setRDMA(ibdev string, l netagentv1.Location, files []*netagentv1.CharDevice) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rdma == nil {
		a.rdma = map[string][]*netagentv1.CharDevice{}
	}
	a.rdma[ibdev] = files
	for uid, of := range a.claims {
		for _, d := range of {
			if r := d.attachment.GetRdma(); r.GetIbdev() == ibdev {
				d.attachment.Location, r.CharDevices = l, files
				a.change(uid)
			}
		}
	}
}
