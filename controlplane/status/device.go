package status

import (
	"net/netip"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
)

// maxIPs of a device: the API server's bound.
const maxIPs = 16

// Reasons of the Ready condition.
const (
	reasonPrepared = "Prepared"
	reasonInPod    = "InPod"
	reasonLost     = "Lost"
	reasonFailed   = "Failed"
)

// The condition that only unused devices have, and its reason.
const (
	typeUsed       = "Used"
	reasonUnlisted = "NoContainerListsTheClaim"
)

// device is what is known of one device beside its record.
type device struct {
	location netagentv1.Location
	// report is podlink's last one of the device's stay in a pod.
	report *report.Report
	// notRemade is why the device cannot be made again yet, while it is lost.
	notRemade string
}

// location is where a device is: where its first part is, but lost when any part
// of it is.
func location(keys []string, attachments []*netagentv1.Attachment) (at netagentv1.Location) {
	for _, a := range attachments {
		switch {
		case !slices.Contains(keys, a.GetKey()):
		case a.GetLocation() == netagentv1.Location_LOCATION_LOST:
			return a.GetLocation()
		case a.GetKey() == keys[0]:
			at = a.GetLocation()
		}
	}
	return at
}

// move takes in where the device is. A report may come before the news that
// the device has left for the pod; it is over when the device is back or lost.
func (d *device) move(to netagentv1.Location) {
	left := d.location == netagentv1.Location_LOCATION_POD && to != d.location
	if left || to == netagentv1.Location_LOCATION_LOST {
		d.report = nil
	}
	if to != netagentv1.Location_LOCATION_LOST {
		d.notRemade = ""
	}
	d.location = to
}

// hear takes in podlink's report. That the device is not in the pod which
// asked is no news of a device that is in another one.
func (d *device) hear(r report.Report) {
	if r.Outcome == report.Refused && d.location == netagentv1.Location_LOCATION_POD {
		return
	}
	d.report = &r
}

// waits says whether no container has asked for the device yet.
func (d *device) waits() bool {
	onHost := d.location == netagentv1.Location_LOCATION_HOST || d.location == netagentv1.Location_LOCATION_UNSPECIFIED
	return onHost && d.report == nil
}

// condition is without a time.
func (d *device) condition() metav1.Condition {
	c := metav1.Condition{Type: "Ready", Status: metav1.ConditionTrue}
	switch {
	case d.location == netagentv1.Location_LOCATION_LOST && d.notRemade != "":
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, reasonLost, "it is gone and cannot be made again yet: "+d.notRemade
	case d.location == netagentv1.Location_LOCATION_LOST:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, reasonLost, "it is gone, it is being made again"
	case d.report != nil && d.report.Outcome != report.Ready:
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, reasonFailed, d.report.Error
	case d.report != nil || d.location == netagentv1.Location_LOCATION_POD:
		c.Reason, c.Message = reasonInPod, "it is in the pod"
	default:
		c.Reason, c.Message = reasonPrepared, "it is ready for the pod to start"
	}
	return c
}

// network is what podlink has seen in the pod: in this driver's time, or, of a
// device that is still there, in an earlier one's, which has written it. Until then
// it is the link as it was prepared, which has no addresses on the host.
func (d *device) network(l *record.Link, written *resourceapi.NetworkDeviceData) *resourceapi.NetworkDeviceData {
	away := d.location == netagentv1.Location_LOCATION_HOST || d.location == netagentv1.Location_LOCATION_LOST
	switch {
	case l == nil:
		return nil
	case d.report != nil && d.report.Outcome == report.Ready:
		return &resourceapi.NetworkDeviceData{
			InterfaceName: d.report.Interface, HardwareAddress: d.report.MAC, IPs: canonical(d.report.Addresses),
		}
	case d.report == nil && !away && written != nil && written.InterfaceName == l.Name:
		return written
	}
	return &resourceapi.NetworkDeviceData{InterfaceName: l.Name, HardwareAddress: l.MAC}
}

// canonical keeps what the API server accepts.
func canonical(addresses []string) (ips []string) {
	seen := map[netip.Prefix]bool{}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a)
		if err == nil && !seen[p] && len(ips) < maxIPs {
			seen[p] = true
			ips = append(ips, p.String())
		}
	}
	return ips
}
