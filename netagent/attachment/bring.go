package attachment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

// insistence is what bring does after an error.
type insistence bool

const (
	firstError insistence = false // it ends: what was done is undone
	allErrors  insistence = true  // it goes on: as much as can be is given back
)

// bring brings a link of the host, which is down after it, to a state but for
// its alias. It changes only what differs.
func (m *Manager) bring(ctx context.Context, e journal.Entry, l link.Link, to state, how insistence) error {
	if l.Up() {
		if err := m.links.SetDown(ctx, l.Index); err != nil {
			return err
		}
		fault.Point(fault.NetagentLinkDown)
	}
	var errs []error
	goOn := func(err error) bool {
		errs = append(errs, err)
		return how == allErrors || errors.Join(errs...) == nil
	}
	if to.card != nil {
		if !goOn(m.bringCard(ctx, e.Was, l, to, how)) {
			return errors.Join(errs...)
		}
		fault.Point(fault.NetagentCardSet)
	}
	for _, step := range m.steps(l, to) {
		if step.differs && !goOn(step.named(e, step.change(ctx))) {
			return errors.Join(errs...)
		}
	}
	if !goOn(m.bringDriver(ctx, l.Index, to.ethtool)) {
		return errors.Join(errs...)
	}
	if to.card != nil {
		goOn(m.giveMAC(ctx, e.Was, to))
	}
	return errors.Join(errs...)
}

// step is one change of a link.
type step struct {
	field   string // of the request; empty: not one of its fields
	value   any
	differs bool
	change  func(context.Context) error
}

// named says which setting of the request the driver refuses.
func (s step) named(e journal.Entry, err error) error {
	if err == nil || s.field == "" {
		return err
	}
	kind, kindErr := kindOf(e.Request)
	if kindErr != nil {
		return err
	}
	return &sriov.SettingError{Field: kind.name() + "." + s.field, Value: s.value, Err: err}
}

// steps are all that a link is brought to a state by. Altnames that are not its
// own go before it is renamed: one may be the name that it needs.
func (m *Manager) steps(l link.Link, to state) []step {
	i := l.Index
	var list []step
	for _, name := range l.Altnames {
		list = append(list, step{differs: !slices.Contains(to.altnames, name),
			change: func(ctx context.Context) error { return m.links.RemoveAltname(ctx, i, name) }})
	}
	list = append(list,
		step{field: "mac_address", value: to.mac, differs: to.card == nil && !bytes.Equal(l.MAC, to.mac),
			change: func(ctx context.Context) error { return m.links.SetMAC(ctx, i, to.mac) }},
		step{field: "mtu", value: to.mtu, differs: l.MTU != to.mtu,
			change: func(ctx context.Context) error { return m.links.SetMTU(ctx, i, to.mtu) }},
		step{differs: l.TxQueueLen != to.txQueueLen,
			change: func(ctx context.Context) error { return m.links.SetTxQueueLen(ctx, i, to.txQueueLen) }},
		step{differs: link.Hearing(l.Flags) != to.hearing,
			change: func(ctx context.Context) error { return m.links.SetHearing(ctx, i, to.hearing) }},
		step{differs: to.sizes != nil && l.Sizes != *to.sizes,
			change: func(ctx context.Context) error { return m.links.SetSizes(ctx, i, *to.sizes) }},
		step{differs: l.Group != to.group,
			change: func(ctx context.Context) error { return m.links.SetGroup(ctx, i, to.group) }},
		step{differs: l.Name != to.name,
			change: func(ctx context.Context) error { return m.links.Rename(ctx, i, to.name) }},
	)
	for _, name := range to.altnames {
		list = append(list, step{differs: !slices.Contains(l.Altnames, name),
			change: func(ctx context.Context) error { return m.links.AddAltname(ctx, i, name) }})
	}
	return list
}

// function is where the card keeps the settings of a virtual function. The card's
// link may have been renamed since.
func (m *Manager) function(ctx context.Context, w *journal.Was) (sriov.Function, error) {
	links, err := m.links.List(ctx, link.Host)
	if err != nil {
		return sriov.Function{}, err
	}
	for _, l := range links {
		if l.Device == (link.Device{Bus: "pci", Name: w.VF.Physical}) {
			return sriov.Function{Card: m.links, Link: l.Index, Index: w.VF.Index}, nil
		}
	}
	return sriov.Function{}, fmt.Errorf("physical function %s has no link on the host: %w", w.VF.Physical, link.ErrNotFound)
}

// bringCard sets what the card keeps, but for an address that it gives.
func (m *Manager) bringCard(ctx context.Context, w *journal.Was, l link.Link, to state, how insistence) error {
	f, err := m.function(ctx, w)
	if err != nil {
		return err
	}
	mac := refusedMAC(to, m.takeMAC(ctx, f, l, to))
	switch {
	case how == allErrors:
		return errors.Join(mac, f.Restore(ctx, *to.card))
	case mac != nil:
		return mac
	}
	return f.Apply(ctx, *to.card)
}

// takeMAC sets the address of a function's link. The card forgets what it gave
// before, else it refuses the change; one that cannot forget says so when it
// matters.
func (m *Manager) takeMAC(ctx context.Context, f sriov.Function, l link.Link, to state) error {
	now, err := f.Read(ctx)
	if err != nil || bytes.Equal(l.MAC, to.mac) && bytes.Equal(now.MAC, to.card.MAC) {
		return err
	}
	forget := m.links.SetVFMAC(ctx, f.Link, f.Index, make(net.HardwareAddr, len(to.mac)))
	if bytes.Equal(l.MAC, to.mac) {
		return nil
	}
	if err := m.links.SetMAC(ctx, l.Index, to.mac); err != nil {
		return errors.Join(err, forget)
	}
	return nil
}

// giveMAC has the card give a function its address, or keep the one that it had
// for it. That is the last step: when another setting has the driver reset the
// function, it takes up what the card gives. An address that is given is given
// again where the card has it already: it may be the function's own choice, which
// a pod could change.
func (m *Manager) giveMAC(ctx context.Context, w *journal.Was, to state) error {
	f, err := m.function(ctx, w)
	if err != nil {
		return err
	}
	now, err := f.Read(ctx)
	if err != nil || to.given == nil && bytes.Equal(now.MAC, to.card.MAC) {
		return err
	}
	return refusedMAC(to, m.links.SetVFMAC(ctx, f.Link, f.Index, to.card.MAC))
}

func refusedMAC(to state, err error) error {
	if err == nil {
		return nil
	}
	return &sriov.SettingError{Field: "sriov_vf.mac_address", Value: to.mac, Err: err}
}
