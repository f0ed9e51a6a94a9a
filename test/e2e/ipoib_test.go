package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestIpoib runs pods with children of a real ib0, in both modes. There is no
// subnet manager, so that they have no carrier and nothing is sent over them.
func TestIpoib(t *testing.T) {
	infiniBand(t)
	n := newNamespace(t)
	for _, mode := range []string{"datagram", "connected"} {
		child := netdev{
			"kind": "ipoib", "parent": "ib0", "pkey": 0x8001, "mode": mode, "mtu": 2044,
			"interfaceName": "ib1", "addresses": []string{"192.0.2.31/24", "2001:db8:1::31/64"},
		}
		n.apply(claimTemplate(mode, claimSpec(t, request{"nic", child.parameters()})), podWith(mode, mode))
	}
	n.ready("datagram", "connected")
	for _, mode := range []string{"datagram", "connected"} {
		n.wantChild(mode, mode)
		mac := n.link(mode, "ib1").MAC
		n.wantStatus(mode, mode, "ib1", mac, "192.0.2.31/24", "2001:db8:1::31/64")
	}
	if mac := n.link("datagram", "ib1").MAC; mac == n.link("connected", "ib1").MAC {
		t.Errorf("both children have the queue pair of %s", mac)
	}
	n.killContainer("datagram", "shell")
	n.restarted("datagram", "shell", 1)
	n.wantChild("datagram", "datagram")

	// The child of a sandbox that ends comes home to the node and is deleted; the
	// next sandbox has another one.
	before := n.link("connected", "ib1").MAC
	n.killSandbox("connected")
	n.restarted("connected", "shell", 1)
	n.wantChild("connected", "connected")
	if after := n.link("connected", "ib1").MAC; after == before {
		t.Errorf("the new sandbox has the link of the old one, %s", after)
	}
	n.delete("pod/connected")
	n.delete("pod/datagram")
	wantCleanNode(t)
	eventually(t, func() error {
		if left := onNode(t, `ip -o link show type ipoib | grep -v '^[0-9]*: ib0:' || true`); left != "" {
			return fmt.Errorf("IPoIB links left on the node: %s", left)
		}
		return nil
	})
}

// wantChild checks a pod's IPoIB interface.
func (n *namespace) wantChild(pod, mode string) {
	n.t.Helper()
	n.wantInterfaces(pod, "lo", "eth0", "ib1")
	var links []struct {
		MTU      int    `json:"mtu"`
		Type     string `json:"link_type"`
		LinkInfo struct {
			Kind string `json:"info_kind"`
			Data struct {
				PKey string `json:"key"`
				Mode string `json:"mode"`
			} `json:"info_data"`
		} `json:"linkinfo"`
	}
	out := n.exec(pod, "ip", "-details", "-json", "link", "show", "dev", "ib1")
	if err := json.Unmarshal([]byte(out), &links); err != nil || len(links) != 1 {
		n.t.Fatalf("%v: %s", err, out)
	}
	l := links[0]
	if l.Type != "infiniband" || l.MTU != 2044 || l.LinkInfo.Kind != "ipoib" || !strings.Contains(l.LinkInfo.Data.Mode, mode) || l.LinkInfo.Data.PKey != "0x8001" {
		n.t.Errorf("ib1 of %s: %s", pod, out)
	}
}

func TestIpoibRefused(t *testing.T) {
	infiniBand(t)
	n := newNamespace(t)
	for name, nd := range map[string]netdev{
		"ethernet":  {"kind": "ipoib", "parent": "eth0", "pkey": 0x8001},
		"partition": {"kind": "ipoib", "parent": "ib0"},
	} {
		n.apply(claimTemplate(name, claimSpec(t, request{"nic", nd.parameters()})), podWith(name, name))
	}
	n.apply(claimTemplate("roce", rdmaSpec(t, "roce-devices", roce(netdev{"kind": "dummy"}))), podWith("roce", "roce"))
	n.wantEvent("ethernet", `ipoib.parent "eth0": the link is not an InfiniBand interface`)
	n.wantEvent("partition", "netdev.pkey: Required value")
	n.wantEvent("roce", `combo.kind: Invalid value: "roce"`, `link layer "InfiniBand"`)
}
