package claim_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// prepared is records in a map.
type prepared map[string]*record.Record

func (p prepared) Get(uid string) (*record.Record, error) { return p[uid], nil }

func (p prepared) OfPod(pod string) (found []*record.Record) {
	for _, r := range p {
		if slices.Contains(r.Pods, pod) {
			found = append(found, r)
		}
	}
	return found
}

// wants is a claim of a pod with a device for each name; "" leaves it open.
func wants(pod, name string, interfaces ...string) *claim.Claim {
	c := &claim.Claim{UID: "uid-" + name, Namespace: "ns", Name: name, Pods: []string{pod}}
	for i, n := range interfaces {
		c.Devices = append(c.Devices, claim.Device{
			Key: fmt.Sprintf("d%d", i), Request: fmt.Sprintf("r%d", i), Pool: "node1", Device: claim.VirtualDevice,
			Config: &v1alpha1.DeviceConfig{Type: v1alpha1.TypeNetdev, Netdev: &v1alpha1.Netdev{Kind: v1alpha1.KindDummy, InterfaceName: n}},
		})
	}
	return c
}

func recorded(c *claim.Claim) *record.Record {
	r, _ := c.Draft(func(string, string) string { return "" })
	for i := range r.Devices {
		r.Devices[i].Link = &record.Link{Name: c.Devices[i].Config.Netdev.InterfaceName}
	}
	return r
}

func namesOf(claims ...*claim.Claim) (names []string) {
	for _, c := range claims {
		for _, d := range c.Devices {
			names = append(names, d.Config.Netdev.InterfaceName)
		}
	}
	return names
}

func TestAssign(t *testing.T) {
	earlier := recorded(wants("p1", "earlier", "net1", "data0"))
	for name, tt := range map[string]struct {
		claims []*claim.Claim
		want   []string
		errs   map[string]string
	}{
		"defaults":                    {claims: []*claim.Claim{wants("p2", "a", "", ""), wants("p2", "b", "")}, want: []string{"net1", "net2", "net3"}},
		"asked for first":             {claims: []*claim.Claim{wants("p2", "a", ""), wants("p2", "b", "net1")}, want: []string{"net2", "net1"}},
		"beside those of the pod":     {claims: []*claim.Claim{wants("p1", "a", "")}, want: []string{"net2"}},
		"the same in another pod":     {claims: []*claim.Claim{wants("p2", "a", "data0")}, want: []string{"data0"}},
		"prepared keeps its names":    {claims: []*claim.Claim{wants("p1", "earlier", "", ""), wants("p1", "a", "")}, want: []string{"net1", "data0", "net2"}},
		"another allocation does not": {claims: []*claim.Claim{wants("p1", "earlier", "")}, want: []string{"net1"}},
		"taken in the pod": {claims: []*claim.Claim{wants("p1", "a", "net1"), wants("p1", "b", "")}, want: []string{"net1", "net2"}, errs: map[string]string{
			"uid-a": `request "r0": netdev.interfaceName: Invalid value: "net1": claim ns/earlier of the same pod has it already: choose another`}},
		"taken in the call": {claims: []*claim.Claim{wants("p2", "a", "x0"), wants("p2", "b", "x0")}, want: []string{"x0", "x0"}, errs: map[string]string{
			"uid-b": `request "r0": netdev.interfaceName: Invalid value: "x0": claim ns/a of the same pod has it already: choose another`}},
		"taken in the claim": {claims: []*claim.Claim{wants("p2", "a", "x0", "x0")}, want: []string{"x0", "x0"}, errs: map[string]string{
			"uid-a": `request "r1": netdev.interfaceName: Invalid value: "x0": request "r0" of this claim has it already: choose another`}},
	} {
		t.Run(name, func(t *testing.T) {
			var names claim.Names
			errs, release := names.Assign(tt.claims, prepared{"uid-earlier": earlier})
			defer release()
			if diff := cmp.Diff(tt.want, namesOf(tt.claims...)); diff != "" {
				t.Error(diff)
			}
			got := map[string]string{}
			for uid, err := range errs {
				got[uid] = err.Error()
			}
			if want := tt.errs; len(want)+len(got) > 0 && !cmp.Equal(want, got) {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}

// A name that was given is not given again before its claim has a record or
// has failed.
func TestAssignToCallsAtOnce(t *testing.T) {
	var names claim.Names
	a, b := wants("p1", "a", ""), wants("p1", "b", "")
	_, releaseA := names.Assign([]*claim.Claim{a}, prepared{})
	_, releaseB := names.Assign([]*claim.Claim{b}, prepared{})
	again := wants("p1", "a", "")
	_, releaseAgain := names.Assign([]*claim.Claim{again}, prepared{})
	if got, want := namesOf(a, b, again), []string{"net1", "net2", "net1"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	releaseA()
	c := wants("p1", "c", "")
	_, releaseC := names.Assign([]*claim.Claim{c}, prepared{})
	if got := namesOf(c); got[0] != "net3" {
		t.Errorf("got %v while another call of the same claim goes on", got)
	}
	for _, release := range []func(){releaseAgain, releaseB, releaseC} {
		release()
	}
	d := wants("p1", "d", "")
	_, releaseD := names.Assign([]*claim.Claim{d}, prepared{})
	defer releaseD()
	if got := namesOf(d); got[0] != "net1" {
		t.Errorf("got %v after all were released", got)
	}
}

func TestAssignRaces(t *testing.T) {
	var names claim.Names
	var wg sync.WaitGroup
	claims := make([]*claim.Claim, 50)
	for i := range claims {
		claims[i] = wants("p1", fmt.Sprint(i), "")
		wg.Go(func() { names.Assign(claims[i:i+1], prepared{}) })
	}
	wg.Wait()
	got := namesOf(claims...)
	slices.Sort(got)
	if unique := slices.Compact(slices.Clone(got)); len(unique) != 50 {
		t.Errorf("names are given twice: %s", strings.Join(got, " "))
	}
}
