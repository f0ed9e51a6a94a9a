package policy

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

func dummy(d *netagentv1.Dummy) error {
	if err := checkMTU("dummy.mtu", d.GetMtu(), 0); err != nil {
		return err
	}
	return checkMAC("dummy.mac_address", d.GetMacAddress())
}
