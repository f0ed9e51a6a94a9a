package claim_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/controlplane/claim"
)

// sets is a claim of a pod with a device for each of the settings, in JSON.
func sets(t *testing.T, pod, name string, settings ...string) *claim.Claim {
	t.Helper()
	c := wants(pod, name, make([]string, len(settings))...)
	for i, s := range settings {
		if err := json.Unmarshal([]byte(s), &c.Devices[i].Config.Netdev.Settings); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestSettingsOfOnePod(t *testing.T) {
	const (
		ten      = `{"routes": [{"destination": "10.0.0.0/8"}]}`
		tenAlso  = `{"routes": [{"destination": "10.0.0.0/8", "gateway": "192.0.2.1"}]}`
		tenLater = `{"routes": [{"destination": "10.0.0.0/8", "metric": 7}]}`
		tenNear  = `{"routes": [{"destination": "10.1.0.0/16"}]}`
		inBlue   = `{"vrf": {"name": "blue", "table": 10}, "routes": [{"destination": "10.0.0.0/8"}]}`
		blue     = `{"vrf": {"name": "blue", "table": 10}}`
		blue11   = `{"vrf": {"name": "blue", "table": 11}}`
		red      = `{"vrf": {"name": "red", "table": 10}}`
		rules    = `{"rules": [{"priority": 100, "source": "192.0.2.1/32", "table": 100}, {"priority": 100, "source": "2001:db8::1/128", "table": 100}]}`
		rule     = `{"rules": [{"priority": 100, "mark": 7, "table": 101}]}`
	)
	earlier := recorded(wants("p1", "earlier", "net9"))
	earlierSets := sets(t, "p1", "earlier", ten)
	earlier.Devices[0].Link.Settings = earlierSets.Devices[0].Config.Netdev.Settings
	for name, tt := range map[string]struct {
		claims []*claim.Claim
		errs   map[string]string
	}{
		"nothing in common": {claims: []*claim.Claim{sets(t, "p2", "a", ten), sets(t, "p2", "b", rules)}},
		"within":            {claims: []*claim.Claim{sets(t, "p2", "a", ten), sets(t, "p2", "b", tenNear)}},
		"another metric":    {claims: []*claim.Claim{sets(t, "p2", "a", ten), sets(t, "p2", "b", tenLater)}},
		"another table":     {claims: []*claim.Claim{sets(t, "p2", "a", ten), sets(t, "p2", "b", inBlue)}},
		"another pod":       {claims: []*claim.Claim{sets(t, "p2", "b", ten)}},
		"the same VRF":      {claims: []*claim.Claim{sets(t, "p2", "a", blue, blue), sets(t, "p2", "b", blue)}},
		"prepared already":  {claims: []*claim.Claim{earlierSets}},
		"route": {claims: []*claim.Claim{sets(t, "p2", "a", ten), sets(t, "p2", "b", tenAlso)}, errs: map[string]string{
			"uid-b": `request "r0": netdev.routes[0]: Invalid value: "route to 10.0.0.0/8 with metric 0 in table 254": claim ns/a of the same pod has route to 10.0.0.0/8 with metric 0 in table 254 already: choose another`}},
		"route of an earlier claim": {claims: []*claim.Claim{sets(t, "p1", "b", tenAlso)}, errs: map[string]string{
			"uid-b": `request "r0": netdev.routes[0]: Invalid value: "route to 10.0.0.0/8 with metric 0 in table 254": claim ns/earlier of the same pod has route to 10.0.0.0/8 with metric 0 in table 254 already: choose another`}},
		"route of the claim": {claims: []*claim.Claim{sets(t, "p2", "a", ten, ten)}, errs: map[string]string{
			"uid-a": `request "r1": netdev.routes[0]: Invalid value: "route to 10.0.0.0/8 with metric 0 in table 254": request "r0" of this claim has route to 10.0.0.0/8 with metric 0 in table 254 already: choose another`}},
		"priority": {claims: []*claim.Claim{sets(t, "p2", "a", rules), sets(t, "p2", "b", rule)}, errs: map[string]string{
			"uid-b": `request "r0": netdev.rules[0]: Invalid value: "rule with priority 100": claim ns/a of the same pod has rule with priority 100 already: choose another`}},
		"another table of the VRF": {claims: []*claim.Claim{sets(t, "p2", "a", blue), sets(t, "p2", "b", blue11)}, errs: map[string]string{
			"uid-b": `request "r0": netdev.vrf: Invalid value: "VRF blue with table 11": claim ns/a of the same pod has VRF blue with table 10 already: choose another`}},
		"another VRF of the table": {claims: []*claim.Claim{sets(t, "p2", "a", blue), sets(t, "p2", "b", red)}, errs: map[string]string{
			"uid-b": `request "r0": netdev.vrf: Invalid value: "table 10 of a VRF with VRF red": claim ns/a of the same pod has table 10 of a VRF with VRF blue already: choose another`}},
	} {
		t.Run(name, func(t *testing.T) {
			var names claim.Names
			errs, release := names.Assign(tt.claims, prepared{"uid-earlier": earlier})
			defer release()
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

// TestSettingsToCallsAtOnce: what a claim that is being prepared sets is no other
// claim's to set.
func TestSettingsToCallsAtOnce(t *testing.T) {
	var names claim.Names
	const rule = `{"rules": [{"priority": 100, "mark": 7, "table": 101}]}`
	_, release := names.Assign([]*claim.Claim{sets(t, "p1", "a", rule)}, prepared{})
	if errs, _ := names.Assign([]*claim.Claim{sets(t, "p1", "b", rule)}, prepared{}); len(errs) != 1 {
		t.Errorf("got %v", errs)
	}
	release()
	if errs, _ := names.Assign([]*claim.Claim{sets(t, "p1", "b", rule)}, prepared{}); len(errs) != 0 {
		t.Errorf("got %v after the release", errs)
	}
}

// TestSettingsNeedPodlink: none of them is left out in silence.
func TestSettingsNeedPodlink(t *testing.T) {
	without := claim.Decoder{Driver: driver, NoPodlink: true}
	for field, value := range map[string]string{
		"addresses": `["192.0.2.1/24"]`,
		"routes":    `[{"destination": "10.0.0.0/8"}]`,
		"rules":     `[{"priority": 100, "mark": 7, "table": 101}]`,
		"neighbors": `[{"address": "192.0.2.1", "macAddress": "02:00:00:00:00:01"}]`,
		"vrf":       `{"name": "blue", "table": 10}`,
		"sysctls":   `{"ipv4.rp_filter": 2}`,
	} {
		parameters := `{"type": "netdev", "netdev": {"kind": "dummy", "` + field + `": ` + value + `}}`
		if _, err := decoder.Decode(allocated(configs(fromClaim(parameters)), "nic")); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		_, err := without.Decode(allocated(configs(fromClaim(parameters)), "nic"))
		if want := `request "nic": netdev.` + field + `: Forbidden: podlink, which sets them in the pod, is turned off on this node`; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", field, err, want)
		}
	}
}
