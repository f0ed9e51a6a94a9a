// Package rdma has a handler for each kind of RDMA device, one file each. They
// expect a configuration that api/config has decoded and that fits the allocated
// device (package claim).
package rdma

import (
	"cmp"
	"errors"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
)

// Uverbs is an RDMA device by its device files.
type Uverbs struct{}

// Request asks for the allocated device.
func (Uverbs) Request(_ *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	r := cmp.Or(node.GetRdma(), node.GetCombo().GetRdma())
	if r == nil {
		return nil, errors.New("the allocated device is not an RDMA device")
	}
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{
		Ibdev: r.GetIbdev(),
	}}}, nil
}

// Record adds the device to d. One that is lost keeps its files: they are in the
// containers, and a container without them must not start meanwhile.
func (Uverbs) Record(_ *v1alpha1.DeviceConfig, a *netagentv1.Attachment, d *record.Device) error {
	r := a.GetRdma()
	if r == nil {
		return errors.New("netagent answered without an RDMA device")
	}
	if d.RDMA != nil && a.GetLocation() == netagentv1.Location_LOCATION_LOST {
		return nil
	}
	d.RDMA = &record.RDMA{IBDev: r.GetIbdev(), Exclusive: r.GetExclusive()}
	for _, c := range r.GetCharDevices() {
		d.RDMA.CharDevices = append(d.RDMA.CharDevices, record.CharDevice{Path: c.GetPath(), Major: c.GetMajor(), Minor: c.GetMinor()})
	}
	return nil
}
