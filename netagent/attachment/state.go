package attachment

import (
	"net"

	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

// state is what a borrowed link is to be on the host: for a claim, or as it was.
type state struct {
	name       string
	altnames   []string
	alias      string
	group      uint32
	mtu        uint32
	mac        net.HardwareAddr
	txQueueLen uint32
	hearing    uint32
	sizes      *link.Sizes    // nil: not known
	ethtool    *ethtool.State // nil: not known
	up         bool

	// card is what the card keeps of a virtual function; nil for others.
	card *link.VF
	// given is the address that the card gives the function; nil: the function
	// chose its own.
	given net.HardwareAddr
}

// stateOf is how the link was.
func stateOf(w *journal.Was) state {
	s := state{
		name: w.Name, altnames: w.Altnames, alias: w.Alias, group: w.Group, mtu: w.MTU,
		mac: net.HardwareAddr(w.MAC), txQueueLen: w.TxQueueLen, hearing: w.Hearing, up: w.Up,
		sizes: w.Sizes, ethtool: w.Ethtool,
	}
	if w.VF == nil {
		return s
	}
	card := w.VF.Settings()
	s.card = &card
	if w.VF.Given {
		s.given = card.MAC
	}
	return s
}

// lend changes the state to what a claim wants. The link is down for it: what
// comes up before the runtime moves it gets addresses.
func (s *state) lend(mtu *uint32, mac net.HardwareAddr) {
	s.up, s.hearing = false, 0
	if mtu != nil {
		s.mtu = *mtu
	}
	if len(mac) == 0 {
		return
	}
	s.mac = mac
	if s.card != nil {
		s.given, s.card.MAC = mac, mac
	}
}
