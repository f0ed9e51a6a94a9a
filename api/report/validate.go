package report

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"

	"github.com/hawser-dra/hawser/internal/ifname"
)

var (
	uidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	keyPattern = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
)

func (r Report) validate() error {
	if !uidPattern.MatchString(r.ClaimUID) {
		return fmt.Errorf("claimUID %.64q is not a UID", r.ClaimUID)
	}
	if !keyPattern.MatchString(r.Device) {
		return fmt.Errorf("device %.64q must be 1 to 16 lower case letters and digits", r.Device)
	}
	switch r.Outcome {
	case Ready, Refused, Failed:
	default:
		return fmt.Errorf("outcome %.64q is unknown", r.Outcome)
	}
	if len(r.Error) > MaxError {
		return fmt.Errorf("error has %d bytes, at most %d are allowed", len(r.Error), MaxError)
	}
	return r.validateLink()
}

func (r Report) validateLink() error {
	if r.Interface != "" {
		if err := ifname.Check(r.Interface); err != nil {
			return fmt.Errorf("interface %.64q: %w", r.Interface, err)
		}
	}
	if r.MAC != "" {
		if _, err := net.ParseMAC(r.MAC); err != nil {
			return fmt.Errorf("mac %.64q: %w", r.MAC, err)
		}
	}
	if len(r.Addresses) > MaxAddresses {
		return fmt.Errorf("addresses: %d, at most %d are allowed", len(r.Addresses), MaxAddresses)
	}
	for _, a := range r.Addresses {
		if _, err := netip.ParsePrefix(a); err != nil {
			return fmt.Errorf("address %.64q: %w", a, err)
		}
	}
	return nil
}
