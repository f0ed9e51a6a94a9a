package status

import (
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	metaac "k8s.io/client-go/applyconfigurations/meta/v1"
	resourceac "k8s.io/client-go/applyconfigurations/resource/v1"

	"github.com/hawser-dra/hawser/api/record"
)

// entries is what the API server should have of a claim.
func (r *Reporter) entries(s *state) (record.Claim, []resourceapi.AllocatedDeviceStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var entries []resourceapi.AllocatedDeviceStatus
	for i := range s.record.Devices {
		d := &s.record.Devices[i]
		known := s.device(d.Key)
		e := resourceapi.AllocatedDeviceStatus{
			Driver: r.config.Driver, Pool: d.Pool, Device: d.Device,
		}
		if d.ShareID != "" {
			e.ShareID = &d.ShareID
		}
		before := previous(s.written, &e)
		e.NetworkData = known.network(d.Link, before.NetworkData)
		e.Conditions = []metav1.Condition{since(known.condition(), before)}
		if unused := s.usage.unused(s.record.Claim, d, before); unused != nil && known.waits() {
			e.Conditions = append(e.Conditions, since(*unused, before))
		}
		entries = append(entries, e)
	}
	return s.record.Claim, entries
}

// previous returns the entry of the same device.
func previous(written []resourceapi.AllocatedDeviceStatus, e *resourceapi.AllocatedDeviceStatus) *resourceapi.AllocatedDeviceStatus {
	share := func(e *resourceapi.AllocatedDeviceStatus) string {
		if e.ShareID == nil {
			return ""
		}
		return *e.ShareID
	}
	for i := range written {
		w := &written[i]
		if w.Pool == e.Pool && w.Device == e.Device && share(w) == share(e) {
			return w
		}
	}
	return &resourceapi.AllocatedDeviceStatus{}
}

// since gives c the time at which its status changed, in the API's precision.
func since(c metav1.Condition, before *resourceapi.AllocatedDeviceStatus) metav1.Condition {
	old := meta.FindStatusCondition(before.Conditions, c.Type)
	if old != nil && old.Status == c.Status {
		c.LastTransitionTime = old.LastTransitionTime
	} else {
		c.LastTransitionTime = metav1.NewTime(time.Now().Truncate(time.Second))
	}
	return c
}

// apply is the configuration that this driver wants to own: all its entries,
// for what is not in it is taken away. The UID keeps it from another claim of
// the same name.
func apply(claim record.Claim, entries []resourceapi.AllocatedDeviceStatus) *resourceac.ResourceClaimApplyConfiguration {
	status := resourceac.ResourceClaimStatus()
	for i := range entries {
		status.WithDevices(applyEntry(&entries[i]))
	}
	return resourceac.ResourceClaim(claim.Name, claim.Namespace).WithUID(types.UID(claim.UID)).WithStatus(status)
}

func applyEntry(e *resourceapi.AllocatedDeviceStatus) *resourceac.AllocatedDeviceStatusApplyConfiguration {
	a := resourceac.AllocatedDeviceStatus().WithDriver(e.Driver).WithPool(e.Pool).WithDevice(e.Device)
	if e.ShareID != nil {
		a.WithShareID(*e.ShareID)
	}
	for _, c := range e.Conditions {
		a.WithConditions(metaac.Condition().WithType(c.Type).WithStatus(c.Status).WithReason(c.Reason).
			WithMessage(c.Message).WithLastTransitionTime(c.LastTransitionTime))
	}
	if n := e.NetworkData; n != nil {
		a.WithNetworkData(applyNetwork(n))
	}
	return a
}

// applyNetwork leaves empty fields out, as the API server does.
func applyNetwork(n *resourceapi.NetworkDeviceData) *resourceac.NetworkDeviceDataApplyConfiguration {
	a := resourceac.NetworkDeviceData().WithIPs(n.IPs...)
	if n.InterfaceName != "" {
		a.WithInterfaceName(n.InterfaceName)
	}
	if n.HardwareAddress != "" {
		a.WithHardwareAddress(n.HardwareAddress)
	}
	return a
}
