package e2e

import (
	"strings"
	"testing"
)

// TestWrongInput: each wrong claim fails alone, says in its pod's events what
// is wrong and what would be right, and leaves the node as it was.
func TestWrongInput(t *testing.T) {
	ok := netdev{"kind": "dummy", "interfaceName": "net1"}
	rows := []struct {
		name       string
		parameters any
		event      []string
	}{
		{"no-parameters", nil, []string{`request "nic"`, "parameters: Required", `"kind": "dummy"`}},
		{"unknown-field", netdev{"kind": "dummy", "color": "red"}.parameters(), []string{`unknown field "netdev.color"`}},
		{"unknown-type", map[string]any{"type": "gpu"}, []string{`type: Unsupported value: "gpu"`, "netdev"}},
		{"unknown-kind", netdev{"kind": "vxlan"}.parameters(), []string{`netdev.kind: Unsupported value: "vxlan"`, "macvlan"}},
		{"kind-of-another-device", netdev{"kind": "sriov-vf"}.parameters(), []string{"netdev.kind", "sriov-vf", "netdev-virtual", `.kind == "sriov-vf"`}},
		{"rdma-on-virtual", map[string]any{"type": "rdma", "rdma": map[string]any{"kind": "uverbs"}}, []string{"rdma.kind", "uverbs", "netdev-virtual"}},
		{"parent-not-given", netdev{"kind": "macvlan"}.parameters(), []string{"netdev.parent: Required"}},
		{"parent-not-there", netdev{"kind": "macvlan", "parent": "eth99"}.parameters(), []string{"parent", "eth99", "no link"}},
		{"parent-not-allowed", netdev{"kind": "macvlan", "parent": "cni0"}.parameters(), []string{"parent", "cni0", "allow"}},
		{"parent-lo", netdev{"kind": "macvlan", "parent": "lo"}.parameters(), []string{"parent", "lo"}},
		{"passthru-on-uplink", netdev{"kind": "macvlan", "parent": "eth0", "mode": "passthru"}.parameters(), []string{"passthru", "eth0", "default route"}},
		{"bridge-is-no-bridge", netdev{"kind": "veth", "parent": "eth1"}.parameters(), []string{"eth1", "bridge"}},
		{"name-too-long", netdev{"kind": "dummy", "interfaceName": "sixteen-bytes-xx"}.parameters(), []string{"netdev.interfaceName", "at most 15 bytes"}},
		{"name-lo", netdev{"kind": "dummy", "interfaceName": "lo"}.parameters(), []string{`netdev.interfaceName: Invalid value: "lo"`}},
		{"name-eth0", netdev{"kind": "dummy", "interfaceName": "eth0"}.parameters(), []string{`netdev.interfaceName: Invalid value: "eth0"`}},
		{"mtu-too-small", netdev{"kind": "dummy", "mtu": 60}.parameters(), []string{"netdev.mtu: Invalid value: 60", "68 to 65535"}},
		{"mtu-above-parent", netdev{"kind": "macvlan", "parent": "eth0", "mtu": 9000}.parameters(), []string{"mtu", "9000", "1500"}},
		{"mtu-text", netdev{"kind": "dummy", "mtu": "1500"}.parameters(), []string{"netdev.mtu", "whole number"}},
		{"mode-misspelt", netdev{"kind": "macvlan", "parent": "eth0", "mode": "brigde"}.parameters(), []string{`netdev.mode: Unsupported value: "brigde"`, "bridge"}},
		{"address-without-length", netdev{"kind": "dummy", "addresses": []string{"192.0.2.1"}}.parameters(), []string{`netdev.addresses[0]: Invalid value: "192.0.2.1"`, "192.0.2.1/24"}},
		{"mac-multicast", netdev{"kind": "dummy", "macAddress": "01:00:5e:00:00:01"}.parameters(), []string{"netdev.macAddress", "multicast"}},
		{"empty-object", map[string]any{}, []string{"type: Required"}},
	}

	n := newNamespace(t)
	before := hostNetwork(t)
	objects := []any{claimTemplate("ok", claimSpec(t, request{"nic", ok.parameters()})), podWith("ok", "ok")}
	for _, r := range rows {
		objects = append(objects, claimTemplate(r.name, claimSpec(t, request{"nic", r.parameters})), podWith(r.name, r.name))
	}
	// Two claims of one pod that want the same name.
	objects = append(objects, podWith("name-taken", "ok", "again"),
		claimTemplate("again", claimSpec(t, request{"nic", ok.parameters()})))
	n.apply(objects...)

	n.ready("ok")
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			n := &namespace{t: t, name: n.name}
			n.wantEvent(r.name, append(r.event, "FailedPrepareDynamicResources")...)
		})
	}
	t.Run("name-taken", func(t *testing.T) {
		n := &namespace{t: t, name: n.name}
		n.wantEvent("name-taken", `netdev.interfaceName: Invalid value: "net1"`, "has it already")
	})
	n.delete("pod/ok")
	n.delete("pod/name-taken")
	eventually(t, func() error { return wantSame(before, hostNetwork(t)) })
}

// TestParametersAreNoObject: the API server itself refuses those.
func TestParametersAreNoObject(t *testing.T) {
	n := newNamespace(t)
	spec := claimSpec(t, request{"nic", "dummy"})
	stdin := marshal(t, claimTemplate("text", spec))
	_, err := kubectl(t.Context(), stdin, "apply", "-n", n.name, "-f", "-")
	if err == nil || !strings.Contains(err.Error(), "parameters") {
		t.Errorf("got %v, want the API server to refuse parameters that are no object", err)
	}
}
