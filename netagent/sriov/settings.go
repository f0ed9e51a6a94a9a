// Package sriov sets what a card keeps of a virtual function for its user, one
// setting at a time, and reads each back: a card that does not have a setting
// refuses it, or takes it and forgets it, and the error names it.
//
// It undoes nothing by itself: whoever applies settings has read before what
// there was, and gives that back with [Restore]. The address is not here: it is
// the link's as well as the card's.
package sriov

import (
	"context"
	"errors"
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

// Card is what settings are made on: a physical function, by its link's index.
type Card interface {
	VFs(ctx context.Context, index int) (map[int]link.VF, error)
	SetVFVLAN(ctx context.Context, index, vf int, vlan link.VLAN) error
	SetVFRate(ctx context.Context, index, vf int, rate link.Rate) error
	SetVFSpoofCheck(ctx context.Context, index, vf int, on bool) error
	SetVFTrust(ctx context.Context, index, vf int, on bool) error
	SetVFLinkState(ctx context.Context, index, vf int, s link.VFLinkState) error
}

// Function is a virtual function of a card.
type Function struct {
	Card  Card
	Link  int // index of the physical function's link
	Index int
}

// SettingError is a setting that the card does not take.
type SettingError struct {
	Field string // of the request
	Value any
	Err   error
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s %q: the card does not support it: %v; leave it out or claim a function of another card",
		e.Field, fmt.Sprint(e.Value), e.Err)
}

func (e *SettingError) Unwrap() error { return e.Err }

// ErrForgotten is a setting that was taken and is not there when it is read back.
var ErrForgotten = errors.New("its driver took the setting and did not keep it")

var errLacking = errors.New("its driver does not have the setting")

// Read returns what the card keeps of the function now.
func (f Function) Read(ctx context.Context) (link.VF, error) {
	all, err := f.Card.VFs(ctx, f.Link)
	if err != nil {
		return link.VF{}, err
	}
	vf, ok := all[f.Index]
	if !ok {
		return link.VF{}, fmt.Errorf("the card of link %d has no virtual function %d: %w", f.Link, f.Index, link.ErrNotFound)
	}
	return vf, nil
}

// Apply brings the function to a state. It ends at the first setting that the
// card does not take, with a [*SettingError].
func (f Function) Apply(ctx context.Context, to link.VF) error {
	now, err := f.Read(ctx)
	if err != nil {
		return err
	}
	for _, s := range settings(now, to) {
		if err := s.apply(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// Restore gives back all settings, and goes on after an error.
func (f Function) Restore(ctx context.Context, was link.VF) error {
	now, err := f.Read(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range settings(now, was) {
		errs = append(errs, s.apply(ctx, f))
	}
	return errors.Join(errs...)
}

// Target is what a function is to be for a claim: as it was, but for what is
// asked for.
func Target(was link.VF, w *netagentv1.SriovVf) link.VF {
	to := was
	if w.Vlan != nil {
		to.VLAN = link.VLAN{ID: w.GetVlan(), QoS: w.GetVlanQos(), Protocol: link.VLAN8021Q}
	}
	if w.VlanProtocol != nil {
		to.VLAN.Protocol = protocols[w.GetVlanProtocol()]
	}
	if w.MaxTxRate != nil {
		to.Rate.Max = w.GetMaxTxRate()
	}
	if w.MinTxRate != nil {
		to.Rate.Min = w.GetMinTxRate()
	}
	if w.SpoofCheck != nil {
		to.SpoofCheck = w.SpoofCheck
	}
	if w.Trust != nil {
		to.Trust = w.Trust
	}
	if w.LinkState != nil {
		to.LinkState = linkStates[w.GetLinkState()]
	}
	return to
}

var (
	protocols = map[netagentv1.VlanProtocol]uint16{
		netagentv1.VlanProtocol_VLAN_PROTOCOL_8021Q:  link.VLAN8021Q,
		netagentv1.VlanProtocol_VLAN_PROTOCOL_8021AD: link.VLAN8021AD,
	}
	linkStates = map[netagentv1.VfLinkState]link.VFLinkState{
		netagentv1.VfLinkState_VF_LINK_STATE_AUTO:    link.VFLinkAuto,
		netagentv1.VfLinkState_VF_LINK_STATE_ENABLE:  link.VFLinkEnable,
		netagentv1.VfLinkState_VF_LINK_STATE_DISABLE: link.VFLinkDisable,
	}
)
