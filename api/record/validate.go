package record

import (
	"fmt"
	"net"
	"regexp"
	"slices"

	"github.com/hawser-dra/hawser/internal/ifname"
)

const (
	maxName  = 253 // a DNS subdomain, the longest name in the API
	maxAlias = 255 // IFALIASZ less its closing zero byte (linux/if.h)
)

var (
	uidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	keyPattern = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

	ibdevPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)
	// filePattern keeps a netagent gone wrong from handing other devices of the
	// host to a container.
	filePattern = regexp.MustCompile(`^/dev/infiniband/(rdma_cm|(uverbs|umad)[0-9]{1,5})$`)
)

// Validate checks every part that a reader acts on.
func (r *Record) Validate() error {
	if r.Version != Version {
		return fmt.Errorf("version is %d, must be %d", r.Version, Version)
	}
	if !uidPattern.MatchString(r.Claim.UID) {
		return fmt.Errorf("claim.uid %.64q is not a UID", r.Claim.UID)
	}
	if len(r.Claim.Namespace) > maxName || len(r.Claim.Name) > maxName {
		return fmt.Errorf("claim: name is longer than %d bytes", maxName)
	}
	if len(r.Pods) > MaxPods {
		return fmt.Errorf("pods: %d, at most %d are allowed", len(r.Pods), MaxPods)
	}
	if r.HostNetns == 0 {
		return fmt.Errorf("hostNetns is missing")
	}
	if n := len(r.Devices); n < 1 || n > MaxDevices {
		return fmt.Errorf("devices: %d, must be 1 to %d", n, MaxDevices)
	}
	seen := map[string]bool{}
	for i := range r.Devices {
		d := &r.Devices[i]
		if err := d.validate(); err != nil {
			return fmt.Errorf("devices[%d]: %w", i, err)
		}
		if seen[d.Key] {
			return fmt.Errorf("devices[%d]: key %q is there twice", i, d.Key)
		}
		seen[d.Key] = true
	}
	return nil
}

func (d *Device) validate() error {
	if !keyPattern.MatchString(d.Key) {
		return fmt.Errorf("key %.64q must be 1 to 16 lower case letters and digits", d.Key)
	}
	if d.Link == nil && d.RDMA == nil {
		return fmt.Errorf("has neither link nor rdma")
	}
	if d.Link != nil {
		if err := d.Link.validate(); err != nil {
			return fmt.Errorf("link: %w", err)
		}
	}
	if d.RDMA != nil {
		if err := d.RDMA.validate(); err != nil {
			return fmt.Errorf("rdma: %w", err)
		}
	}
	return nil
}

func (r *RDMA) validate() error {
	if !ibdevPattern.MatchString(r.IBDev) {
		return fmt.Errorf("ibdev %.64q is not the name of an RDMA device", r.IBDev)
	}
	if len(r.CharDevices) > MaxCharDevices {
		return fmt.Errorf("charDevices: %d, at most %d are allowed", len(r.CharDevices), MaxCharDevices)
	}
	for _, c := range r.CharDevices {
		if !filePattern.MatchString(c.Path) {
			return fmt.Errorf("char device %.64q is not a file of RDMA below /dev/infiniband", c.Path)
		}
	}
	return nil
}

func (l *Link) validate() error {
	if err := ifname.Check(l.Name); err != nil {
		return fmt.Errorf("name %.64q: %w", l.Name, err)
	}
	if slices.Contains(ifname.Reserved, l.Name) {
		return fmt.Errorf("name %q is reserved", l.Name)
	}
	if err := ifname.Check(l.HostName); err != nil {
		return fmt.Errorf("hostName %.64q: %w", l.HostName, err)
	}
	if l.Alias == "" || len(l.Alias) > maxAlias {
		return fmt.Errorf("alias has %d bytes, must have 1 to %d", len(l.Alias), maxAlias)
	}
	if l.MAC != "" {
		if _, err := net.ParseMAC(l.MAC); err != nil {
			return fmt.Errorf("mac %.64q: %w", l.MAC, err)
		}
	}
	if err := l.Offloads.validate(); err != nil {
		return fmt.Errorf("offloads: %w", err)
	}
	if errs := l.Validate(); len(errs) > 0 {
		return errs[0]
	}
	return nil
}
