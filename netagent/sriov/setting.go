package sriov

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/netagent/link"
)

// setting is one change of one setting.
type setting struct {
	field string
	value any
	set   func(context.Context, Function) error // nil: the card lacks the setting
	kept  func(link.VF) bool
}

// settings are the changes that lead from one state to another.
func settings(from, to link.VF) []setting {
	var list []setting
	if from.VLAN != to.VLAN {
		list = append(list, vlan(to.VLAN))
	}
	list = append(list, rates(from.Rate, to.Rate)...)
	if differ(from.SpoofCheck, to.SpoofCheck) {
		list = append(list, spoofCheck(from.SpoofCheck, *to.SpoofCheck))
	}
	if differ(from.Trust, to.Trust) {
		list = append(list, trust(from.Trust, *to.Trust))
	}
	if from.LinkState != to.LinkState {
		list = append(list, linkState(to.LinkState))
	}
	return list
}

// apply makes the change and reads it back.
func (s setting) apply(ctx context.Context, f Function) error {
	if s.set == nil {
		return &SettingError{Field: s.field, Value: s.value, Err: errLacking}
	}
	if err := s.set(ctx, f); err != nil {
		return s.refused(err)
	}
	now, err := f.Read(ctx)
	if err == nil && !s.kept(now) {
		return &SettingError{Field: s.field, Value: s.value, Err: ErrForgotten}
	}
	return err
}

// refused tells a setting that the card does not take from a failure of another
// sort.
func (s setting) refused(err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	field := s.field
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		field = "sriov_vf.vlan_protocol"
	}
	return &SettingError{Field: field, Value: s.value, Err: err}
}

// differ says whether a setting has to be changed. One that is nil in the state
// to reach was not there before either.
func differ(from, to *bool) bool { return to != nil && (from == nil || *from != *to) }

func vlan(v link.VLAN) setting {
	return setting{
		field: "sriov_vf.vlan", value: v,
		set:  func(ctx context.Context, f Function) error { return f.Card.SetVFVLAN(ctx, f.Link, f.Index, v) },
		kept: func(now link.VF) bool { return now.VLAN == v },
	}
}

// rates sets one bound after the other, so that an error names the one that was
// refused; the lower one first where the upper one would fall below it.
func rates(from, to link.Rate) []setting {
	upper := rate("sriov_vf.max_tx_rate", to.Max, link.Rate{Min: from.Min, Max: to.Max})
	lower := rate("sriov_vf.min_tx_rate", to.Min, to)
	switch {
	case from == to:
		return nil
	case from.Min == to.Min:
		return []setting{upper}
	case from.Max == to.Max:
		return []setting{lower}
	case to.Max != 0 && to.Max < from.Min:
		return []setting{
			rate("sriov_vf.min_tx_rate", to.Min, link.Rate{Min: to.Min, Max: from.Max}),
			rate("sriov_vf.max_tx_rate", to.Max, to),
		}
	}
	return []setting{upper, lower}
}

func rate(field string, value uint32, r link.Rate) setting {
	return setting{
		field: field, value: value,
		set:  func(ctx context.Context, f Function) error { return f.Card.SetVFRate(ctx, f.Link, f.Index, r) },
		kept: func(now link.VF) bool { return now.Rate == r },
	}
}

func spoofCheck(from *bool, on bool) setting {
	s := setting{field: "sriov_vf.spoof_check", value: on,
		kept: func(now link.VF) bool { return now.SpoofCheck != nil && *now.SpoofCheck == on }}
	if from != nil {
		s.set = func(ctx context.Context, f Function) error { return f.Card.SetVFSpoofCheck(ctx, f.Link, f.Index, on) }
	}
	return s
}

func trust(from *bool, on bool) setting {
	s := setting{field: "sriov_vf.trust", value: on,
		kept: func(now link.VF) bool { return now.Trust != nil && *now.Trust == on }}
	if from != nil {
		s.set = func(ctx context.Context, f Function) error { return f.Card.SetVFTrust(ctx, f.Link, f.Index, on) }
	}
	return s
}

func linkState(state link.VFLinkState) setting {
	return setting{
		field: "sriov_vf.link_state", value: linkStateWords[state],
		set:  func(ctx context.Context, f Function) error { return f.Card.SetVFLinkState(ctx, f.Link, f.Index, state) },
		kept: func(now link.VF) bool { return now.LinkState == state },
	}
}

var linkStateWords = map[link.VFLinkState]string{
	link.VFLinkAuto: "auto", link.VFLinkEnable: "enable", link.VFLinkDisable: "disable",
}
