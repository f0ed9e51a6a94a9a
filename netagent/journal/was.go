package journal

import (
	"errors"
	"net"

	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/netagent/link"
)

// Was is a borrowed link as it was before its claim: all that is given back. It
// is written before anything is changed.
type Was struct {
	Device     link.Device `json:"device"` // what it is known by, wherever it is
	Driver     string      `json:"driver"`
	Name       string      `json:"name"`
	Altnames   []string    `json:"altnames,omitempty"`
	Alias      string      `json:"alias,omitempty"`
	Group      uint32      `json:"group,omitempty"`
	MTU        uint32      `json:"mtu"`
	MAC        MAC         `json:"mac"`
	TxQueueLen uint32      `json:"txQueueLen"`
	Up         bool        `json:"up,omitempty"`
	Hearing    uint32      `json:"hearing,omitempty"` // see link.Hearing
	VF         *WasVF      `json:"vf,omitempty"`      // of a virtual function

	// What podlink, or a pod, may set of the device itself. An older netagent did
	// not write it down: then it is nil and not given back.
	Sizes   *link.Sizes    `json:"sizes,omitempty"`
	Ethtool *ethtool.State `json:"ethtool,omitempty"`

	// What the device was offered with. In a pod it stays offered so.
	Carrier  bool   `json:"carrier,omitempty"`
	Speed    uint32 `json:"speed,omitempty"`
	FixedMAC bool   `json:"fixedMAC,omitempty"`
}

// WasVF is what the card kept of a virtual function.
type WasVF struct {
	Physical   string           `json:"physical"` // PCI address of the physical function
	Index      int              `json:"index"`
	MAC        MAC              `json:"mac,omitempty"`
	Given      bool             `json:"given,omitempty"` // the address was given to it, not its own choice
	VLAN       link.VLAN        `json:"vlan"`
	Rate       link.Rate        `json:"rate"`
	SpoofCheck *bool            `json:"spoofCheck,omitempty"`
	Trust      *bool            `json:"trust,omitempty"`
	LinkState  link.VFLinkState `json:"linkState"`
}

// Settings are what is given back to the card.
func (w *WasVF) Settings() link.VF {
	return link.VF{MAC: net.HardwareAddr(w.MAC), VLAN: w.VLAN, Rate: w.Rate, SpoofCheck: w.SpoofCheck, Trust: w.Trust, LinkState: w.LinkState}
}

func (w *Was) check() error {
	switch {
	case w == nil:
		return nil
	case w.Device == link.Device{}:
		return errors.New("no device")
	case w.Name == "" || len(w.MAC) == 0:
		return errors.New("no name or no MAC")
	case w.VF != nil && w.VF.Physical == "":
		return errors.New("a virtual function of no physical one")
	}
	return nil
}

// MAC is written as people write it.
type MAC net.HardwareAddr

// MarshalText is for encoding/json.
func (m MAC) MarshalText() ([]byte, error) { return []byte(net.HardwareAddr(m).String()), nil }

// UnmarshalText is for encoding/json.
func (m *MAC) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = nil
		return nil
	}
	mac, err := net.ParseMAC(string(b))
	*m = MAC(mac)
	return err
}

// Keep writes down what the card keeps of the function.
func (w *WasVF) Keep(vf link.VF) {
	w.MAC, w.VLAN, w.Rate = MAC(vf.MAC), vf.VLAN, vf.Rate
	w.SpoofCheck, w.Trust, w.LinkState = vf.SpoofCheck, vf.Trust, vf.LinkState
}
