// Package podlink is the half of Hawser that works inside a pod: an OCI
// createContainer hook, run by the container runtime in the container's network
// namespace at each container create, after the move of the claim's link.
//
// It makes sure that the claim's interface is in this pod, sets what the claim
// wants of it, and makes its settings: addresses, routes and the like (api/layer3).
// It fails the container when the interface is not there, when it is
// another claim's, and when it would work in the host's network namespace. It
// trusts nothing but the record that the driver wrote: no environment, no
// standard input, nothing of the container's image. Every run may be repeated
// and ends in the same state.
package podlink

import (
	"fmt"
	"time"

	"github.com/vishvananda/netlink/nl"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
)

// Config of one run.
type Config struct {
	// Record is the path of the claim's record.
	Record string
	// Device is the key of one of its devices.
	Device string
	// Handover is the directory of netagent's sockets for RDMA devices.
	Handover string
}

// Run makes the device ready in the calling thread's network namespace and
// reports to the driver. Its error is one sentence for the pod's events.
func Run(cfg Config) error {
	start := time.Now()
	nl.EnableErrorMessageReporting = true // for errors with the kernel's words
	r, err := load(cfg.Record)
	if err != nil {
		return err
	}
	d := r.Device(cfg.Device)
	if d == nil {
		return fmt.Errorf("claim %s/%s has no device %.64q", r.Claim.Namespace, r.Claim.Name, cfg.Device)
	}
	rep := report.Report{ClaimUID: r.Claim.UID, Device: d.Key, Outcome: report.Ready, Start: start}
	err = work(cfg, r, d, &rep)
	if err != nil {
		err = fmt.Errorf("claim %s/%s: %w", r.Claim.Namespace, r.Claim.Name, err)
		rep.Error = err.Error()
	}
	rep.End = time.Now()
	send(cfg.Record, rep)
	return err
}

// work does what one device needs and notes in rep how far it came. An RDMA device
// in shared mode needs nothing: the runtime made its files. One in exclusive mode
// comes after its interface.
func work(cfg Config, r *record.Record, d *record.Device, rep *report.Report) error {
	if d.Link != nil {
		if err := workLink(r, d, rep); err != nil {
			return err
		}
	}
	if d.RDMA == nil || !d.RDMA.Exclusive {
		return nil
	}
	rep.Outcome = report.Refused
	if err := doorRDMA(cfg.Handover, r, d.RDMA); err != nil {
		return err
	}
	rep.Outcome = report.Ready
	return nil
}

func workLink(r *record.Record, d *record.Device, rep *report.Report) error {
	rep.Interface = d.Link.Name
	rep.Outcome = report.Refused
	if err := refuseHost(r.HostNetns); err != nil {
		return err
	}
	link, err := door(d.Link)
	if err != nil {
		return err
	}
	rep.MAC = link.MAC.String()
	rep.Outcome = report.Failed
	if err := tune(link, d); err != nil {
		return err
	}
	if rep.Addresses, err = settle(link, d); err != nil {
		return err
	}
	rep.Outcome = report.Ready
	return nil
}
