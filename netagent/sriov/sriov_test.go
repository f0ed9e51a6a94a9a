package sriov_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

// card is a card with one virtual function, number 3, and the kernel's rule that
// the lower rate is not above the upper one. It refuses, or forgets, what a test
// says.
type card struct {
	vf     link.VF
	refuse map[string]error
	forget string
	calls  []string
}

func (c *card) VFs(context.Context, int) (map[int]link.VF, error) {
	return map[int]link.VF{3: c.vf}, nil
}

func (c *card) set(what string, set func()) error {
	c.calls = append(c.calls, what)
	if err := c.refuse[what]; err != nil {
		return err
	}
	if c.forget != what {
		set()
	}
	return nil
}

func (c *card) SetVFVLAN(_ context.Context, _, _ int, v link.VLAN) error {
	return c.set("vlan", func() { c.vf.VLAN = v })
}

func (c *card) SetVFRate(_ context.Context, _, _ int, r link.Rate) error {
	if r.Max != 0 && r.Min > r.Max {
		return unix.EINVAL
	}
	return c.set("rate", func() { c.vf.Rate = r })
}

func (c *card) SetVFSpoofCheck(_ context.Context, _, _ int, on bool) error {
	return c.set("spoof check", func() { c.vf.SpoofCheck = &on })
}

func (c *card) SetVFTrust(_ context.Context, _, _ int, on bool) error {
	return c.set("trust", func() { c.vf.Trust = &on })
}

func (c *card) SetVFLinkState(_ context.Context, _, _ int, s link.VFLinkState) error {
	return c.set("link state", func() { c.vf.LinkState = s })
}

func ptr[T any](v T) *T { return &v }

func fresh() link.VF {
	return link.VF{VLAN: link.VLAN{Protocol: link.VLAN8021Q}, SpoofCheck: ptr(true), Trust: ptr(false)}
}

func everything() *netagentv1.SriovVf {
	return &netagentv1.SriovVf{
		Vlan: ptr(uint32(5)), VlanQos: ptr(uint32(3)), VlanProtocol: netagentv1.VlanProtocol_VLAN_PROTOCOL_8021AD.Enum(),
		SpoofCheck: ptr(false), Trust: ptr(true), MinTxRate: ptr(uint32(10)), MaxTxRate: ptr(uint32(100)),
		LinkState: netagentv1.VfLinkState_VF_LINK_STATE_ENABLE.Enum(),
	}
}

func TestApplyAndRestore(t *testing.T) {
	c := &card{vf: fresh()}
	f := sriov.Function{Card: c, Link: 1, Index: 3}
	want := link.VF{
		VLAN: link.VLAN{ID: 5, QoS: 3, Protocol: link.VLAN8021AD}, Rate: link.Rate{Min: 10, Max: 100},
		SpoofCheck: ptr(false), Trust: ptr(true), LinkState: link.VFLinkEnable,
	}
	to := sriov.Target(fresh(), everything())
	for range 2 {
		if err := f.Apply(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.vf); diff != "" {
			t.Error(diff)
		}
	}
	if len(c.calls) != 6 {
		t.Errorf("set %v: each once", c.calls)
	}
	if err := f.Restore(t.Context(), fresh()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fresh(), c.vf); diff != "" {
		t.Error(diff)
	}
}

func TestNothingAskedForChangesNothing(t *testing.T) {
	c := &card{vf: fresh()}
	f := sriov.Function{Card: c, Link: 1, Index: 3}
	if err := f.Apply(t.Context(), sriov.Target(c.vf, &netagentv1.SriovVf{})); err != nil || len(c.calls) != 0 {
		t.Errorf("%v, set %v", err, c.calls)
	}
}

func TestRefused(t *testing.T) {
	for field, c := range map[string]*card{
		"sriov_vf.vlan":          {refuse: map[string]error{"vlan": unix.EINVAL}},
		"sriov_vf.vlan_protocol": {refuse: map[string]error{"vlan": unix.EPROTONOSUPPORT}},
		"sriov_vf.max_tx_rate":   {refuse: map[string]error{"rate": unix.EINVAL}},
		"sriov_vf.spoof_check":   {refuse: map[string]error{"spoof check": unix.EOPNOTSUPP}},
		"sriov_vf.trust":         {forget: "trust"},
		"sriov_vf.link_state":    {refuse: map[string]error{"link state": unix.EOPNOTSUPP}},
	} {
		c.vf = fresh()
		err := sriov.Function{Card: c, Link: 1, Index: 3}.Apply(t.Context(), sriov.Target(c.vf, everything()))
		if setting, ok := errors.AsType[*sriov.SettingError](err); !ok || setting.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	lacking := &card{vf: link.VF{}}
	err := sriov.Function{Card: lacking, Link: 1, Index: 3}.Apply(t.Context(), sriov.Target(lacking.vf, &netagentv1.SriovVf{Trust: ptr(true)}))
	if err == nil || !strings.Contains(err.Error(), "sriov_vf.trust \"true\": the card does not support it: its driver does not have the setting") {
		t.Error(err)
	}
	if err := (sriov.Function{Card: lacking, Link: 1, Index: 4}).Apply(t.Context(), link.VF{}); !errors.Is(err, link.ErrNotFound) {
		t.Error(err)
	}
}

// TestRestoreGoesOn gives back what can be, and tells of the rest.
func TestRestoreGoesOn(t *testing.T) {
	c := &card{vf: sriov.Target(fresh(), everything()), refuse: map[string]error{"vlan": unix.EIO}}
	err := sriov.Function{Card: c, Link: 1, Index: 3}.Restore(t.Context(), fresh())
	if !errors.Is(err, unix.EIO) || !*c.vf.SpoofCheck || *c.vf.Trust || c.vf.LinkState != link.VFLinkAuto {
		t.Errorf("%v, left %+v", err, c.vf)
	}
}

// TestRatesPassEachOther sets the bounds in the order in which the lower one is
// never above the upper.
func TestRatesPassEachOther(t *testing.T) {
	for _, from := range []link.Rate{{}, {Min: 10, Max: 20}, {Min: 100, Max: 200}, {Max: 5}} {
		for _, to := range []link.Rate{{}, {Min: 10, Max: 20}, {Min: 100, Max: 200}, {Max: 5}, {Min: 7}} {
			c := &card{vf: link.VF{Rate: from}}
			f := sriov.Function{Card: c, Link: 1, Index: 3}
			if err := f.Apply(t.Context(), link.VF{Rate: to}); err != nil || c.vf.Rate != to {
				t.Errorf("%v to %v: %v, %v", from, to, c.vf.Rate, err)
			}
		}
	}
}

func TestParseCounts(t *testing.T) {
	got, err := sriov.ParseCounts([]string{"eth1=4", "ens2=8"})
	if diff := cmp.Diff([]sriov.Count{{"eth1", 4}, {"ens2", 8}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, wrong := range [][]string{{"eth1"}, {"eth1="}, {"=4"}, {"eth1=0"}, {"eth1=-1"}, {"eth1=70000"}, {"../x=4"}, {"eth1=4", "eth1=5"}} {
		if _, err := sriov.ParseCounts(wrong); err == nil || !strings.Contains(err.Error(), wrong[len(wrong)-1]) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
