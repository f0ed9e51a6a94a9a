package podlink

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/handover"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/netns"
	"github.com/hawser-dra/hawser/podlink/rdmanl"
)

// umad is how the device files for management begin.
const umad = "/dev/infiniband/umad"

// doorRDMA has netagent move an RDMA device in exclusive mode to this namespace, if
// it is not here yet, and compares its device files with those that the runtime has
// given the container: the move may have changed their numbers, and the container
// must not start with another device's.
func doorRDMA(sockets string, r *record.Record, want *record.RDMA) error {
	d, err := rdmanl.DeviceByName(want.IBDev)
	if errors.Is(err, unix.ENODEV) {
		if err := handOver(sockets, r, want.IBDev); err != nil {
			return err
		}
		d, err = rdmanl.DeviceByName(want.IBDev)
	}
	switch {
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("RDMA device %s is not in this pod: the kubelet retries", want.IBDev)
	case err != nil:
		return fmt.Errorf("RDMA device %s: %w", want.IBDev, err)
	}
	management := slices.ContainsFunc(want.CharDevices, func(c record.CharDevice) bool { return strings.HasPrefix(c.Path, umad) })
	files, err := d.Files(management)
	if err != nil {
		return fmt.Errorf("RDMA device %s: %w", want.IBDev, err)
	}
	for _, number := range files {
		if !slices.ContainsFunc(want.CharDevices, func(c record.CharDevice) bool { return unix.Mkdev(c.Major, c.Minor) == number }) {
			return fmt.Errorf("RDMA device %s has device files with other numbers than before it came to this pod, such as %d:%d: the kubelet retries with these",
				want.IBDev, unix.Major(number), unix.Minor(number))
		}
	}
	return nil
}

// handOver asks for the move. A pod of the host's network needs none: a device that
// is not there is another pod's.
func handOver(sockets string, r *record.Record, ibdev string) error {
	current, err := netns.Current()
	if err != nil {
		return err
	}
	if current == r.HostNetns {
		return fmt.Errorf("RDMA device %s is not in the host's network namespace: it is in use by another pod, or gone", ibdev)
	}
	answer, err := ask(sockets, handover.Request{ClaimUID: r.Claim.UID, IBDev: ibdev})
	switch {
	case err != nil:
		return fmt.Errorf("RDMA device %s is not in this pod, and netagent, which brings it, does not answer; the kubelet retries: %w", ibdev, err)
	case answer.Error != "":
		return fmt.Errorf("RDMA device %s is not in this pod; the kubelet retries: %s", ibdev, answer.Error)
	}
	return nil
}
