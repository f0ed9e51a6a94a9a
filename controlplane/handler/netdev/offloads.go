package netdev

import (
	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/record"
)

// offloads are what podlink sets of the link itself; nil is nothing.
func offloads(n *v1alpha1.Netdev) *record.Offloads {
	if _, has := n.HasOffloads(); !has {
		return nil
	}
	return &record.Offloads{
		Ethtool:        ethtool(n.Ethtool),
		GSOMaxSize:     n.GSOMaxSize,
		GROMaxSize:     n.GROMaxSize,
		GSOIPv4MaxSize: n.GSOIPv4MaxSize,
		GROIPv4MaxSize: n.GROIPv4MaxSize,
		TxQueueLen:     n.TxQueueLen,
		Promiscuous:    n.Promiscuous,
		AllMulticast:   n.AllMulticast,
	}
}

func ethtool(e *v1alpha1.Ethtool) *record.Ethtool {
	if e == nil {
		return nil
	}
	r := &record.Ethtool{Features: given(e.Features), PrivateFlags: given(e.PrivateFlags)}
	if e.Rings != nil {
		r.Rings = given(map[string]*uint32{
			"rx": e.Rings.RX, "rxMini": e.Rings.RXMini, "rxJumbo": e.Rings.RXJumbo, "tx": e.Rings.TX,
		})
	}
	if c := e.Coalesce; c != nil {
		r.Coalesce = given(map[string]*uint32{
			"rxUsecs": c.RXUsecs, "rxFrames": c.RXFrames, "txUsecs": c.TXUsecs, "txFrames": c.TXFrames,
			"adaptiveRx": number(c.AdaptiveRX), "adaptiveTx": number(c.AdaptiveTX),
		})
	}
	return r
}

// given leaves out what is nil.
func given[V any](of map[string]*V) map[string]V {
	var all map[string]V
	for name, value := range of {
		if value == nil {
			continue
		}
		if all == nil {
			all = map[string]V{}
		}
		all[name] = *value
	}
	return all
}

// number writes a switch as the kernel's structures do.
func number(on *bool) *uint32 {
	if on == nil {
		return nil
	}
	n := uint32(0)
	if *on {
		n = 1
	}
	return &n
}
