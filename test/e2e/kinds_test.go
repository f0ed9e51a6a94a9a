package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// inPod is what `ip -details -json link` tells of an interface in a pod.
type inPod struct {
	Name     string   `json:"ifname"`
	MTU      int      `json:"mtu"`
	MAC      string   `json:"address"`
	Flags    []string `json:"flags"`
	LinkInfo struct {
		Kind string `json:"info_kind"`
		Data struct {
			Mode  string          `json:"mode"`
			Flags json.RawMessage `json:"flags"`
		} `json:"info_data"`
	} `json:"linkinfo"`
}

func (n *namespace) link(pod, name string) inPod {
	n.t.Helper()
	var links []inPod
	out := n.exec(pod, "ip", "-details", "-json", "link", "show", "dev", name)
	if err := json.Unmarshal([]byte(out), &links); err != nil || len(links) != 1 {
		n.t.Fatalf("ip link show %s in %s: %v: %s", name, pod, err, out)
	}
	return links[0]
}

// TestKinds runs a pod with each created kind in each of its modes.
func TestKinds(t *testing.T) {
	t.Parallel()
	type row struct {
		name   string
		parent string // made for the row, a dummy unless it is a bridge
		netdev netdev
		mode   string // as the kernel tells it
	}
	var rows []row
	for _, mode := range []string{"bridge", "vepa", "private", "passthru"} {
		rows = append(rows, row{
			"macvlan-" + mode, "enm" + mode,
			netdev{"kind": "macvlan", "parent": "enm" + mode, "mode": mode, "mtu": 1400}, mode,
		})
	}
	for _, mode := range []string{"l2", "l3", "l3s"} {
		for _, flag := range []string{"bridge", "private", "vepa"} {
			name := mode + flag
			rows = append(rows, row{
				"ipvlan-" + name, "en" + name,
				netdev{"kind": "ipvlan", "parent": "en" + name, "mode": mode, "flag": flag, "mtu": 1400}, mode,
			})
		}
	}
	rows = append(rows,
		row{"veth-bridge", "brveth", netdev{"kind": "veth", "parent": "brveth", "mtu": 1500, "macAddress": "02:00:00:00:00:0a"}, ""},
		row{"veth", "", netdev{"kind": "veth", "mtu": 1400, "macAddress": "02:00:00:00:00:0b"}, ""},
		row{"dummy", "", netdev{"kind": "dummy", "mtu": 1400, "macAddress": "02:00:00:00:00:0c"}, ""},
	)

	for _, r := range rows {
		switch {
		case strings.HasPrefix(r.parent, "br"):
			parent(t, r.parent, "bridge")
		case r.parent != "":
			parent(t, r.parent, "dummy")
		}
	}
	n := besideOthers(t)
	var objects []any
	var pods []string
	for _, r := range rows {
		r.netdev["interfaceName"] = "data0"
		objects = append(objects,
			claimTemplate(r.name, claimSpec(t, request{"nic", r.netdev.parameters()})),
			podWith(r.name, r.name))
		pods = append(pods, r.name)
	}
	n.apply(objects...)
	n.ready(pods...)

	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			n := &namespace{t: t, name: n.name}
			l := n.link(r.name, "data0")
			if l.LinkInfo.Kind != r.netdev["kind"] || fmt.Sprint(l.MTU) != fmt.Sprint(r.netdev["mtu"]) || l.LinkInfo.Data.Mode != r.mode {
				t.Errorf("in the pod: %+v, want kind %v, mode %q, mtu %v", l, r.netdev["kind"], r.mode, r.netdev["mtu"])
			}
			if mac, ok := r.netdev["macAddress"]; ok && l.MAC != mac {
				t.Errorf("MAC address %s, want %v", l.MAC, mac)
			}
			if flag, ok := r.netdev["flag"]; ok && !strings.Contains(string(l.LinkInfo.Data.Flags)+n.exec(r.name, "ip", "-d", "link", "show", "data0"), fmt.Sprint(flag)) {
				t.Errorf("ipvlan without flag %v: %s", flag, l.LinkInfo.Data.Flags)
			}
			if !strings.Contains(strings.Join(l.Flags, " "), "UP") {
				t.Errorf("data0 is not up: %v", l.Flags)
			}
			n.wantStatus(r.name, r.name, "data0", l.MAC)
		})
	}
}

// wantStatus waits for status.devices of the pod's claim to tell what is there.
func (n *namespace) wantStatus(pod, claim, ifname, mac string, ips ...string) {
	n.t.Helper()
	eventually(n.t, func() error {
		devices := n.claims(pod)[claim].Status.Devices
		if len(devices) != 1 || devices[0].NetworkData == nil {
			return fmt.Errorf("status.devices of %s: %+v", claim, devices)
		}
		d := devices[0]
		got := fmt.Sprint(d.NetworkData.InterfaceName, d.NetworkData.HardwareAddress, d.NetworkData.IPs)
		if want := fmt.Sprint(ifname, mac, ips); got != want {
			return fmt.Errorf("network data %s, want %s", got, want)
		}
		for _, c := range d.Conditions {
			if c.Type == "Ready" && c.Status == "True" {
				return nil
			}
		}
		return fmt.Errorf("conditions %+v, want Ready", d.Conditions)
	})
}
