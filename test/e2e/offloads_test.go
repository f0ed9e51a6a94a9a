package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sizes is what `ip -details -json link` tells of how an interface is set. The
// image's does not know the sizes of IPv4 alone, which podlink's own tests read.
type sizes struct {
	GSO, GRO, Queue int
	Flags           []string
}

func (n *namespace) sizes(pod, name string) (s sizes) {
	n.t.Helper()
	var links []struct {
		Flags []string `json:"flags"`
		Queue int      `json:"txqlen"`
		GSO   int      `json:"gso_max_size"`
		GRO   int      `json:"gro_max_size"`
	}
	out := n.exec(pod, "ip", "-details", "-json", "link", "show", "dev", name)
	if err := json.Unmarshal([]byte(out), &links); err != nil || len(links) != 1 {
		n.t.Fatalf("ip link show %s in %s: %v: %s", name, pod, err, out)
	}
	l := links[0]
	return sizes{l.GSO, l.GRO, l.Queue, l.Flags}
}

// TestOffloads sets big TCP sizes of a created interface and all that a card of
// the node has, at each start of a container, and gives the card back as it was:
// what netagent writes down of it for the next claim is what it wrote down for the
// first.
func TestOffloads(t *testing.T) {
	before := cardAsIs(t, physical)
	n := newNamespace(t)
	big := netdev{
		"kind": "veth", "interfaceName": "big0", "gsoMaxSize": 150000, "groMaxSize": 160000, "gsoIPv4MaxSize": 170000, "groIPv4MaxSize": 180000,
		"ethtool": map[string]any{"features": map[string]bool{"rx-gro": true, "tx-nocache-copy": true}},
	}
	card := netdev{
		"kind": "host-device", "hostDevice": physical, "interfaceName": "data0", "gsoMaxSize": 60000, "txQueueLen": 500, "promiscuous": true, "allMulticast": true,
		"ethtool": map[string]any{
			"features":     map[string]bool{"tx-tcp-segmentation": false, "rx-gro": false},
			"privateFlags": map[string]bool{"legacy-rx": true},
			"rings":        map[string]int{"rx": 512, "tx": 128},
			"coalesce":     map[string]int{"rxUsecs": 50},
		},
	}
	n.apply(claimTemplate("nics", claimSpec(t, request{"big", big.parameters()}, request{"card", card.parameters()})), podWith("tuned", "nics"))
	n.ready("tuned")
	first := cardWas(t)
	for restarts := range int32(2) {
		if s := n.sizes("tuned", "big0"); s.GSO != 150000 || s.GRO != 160000 {
			t.Errorf("after %d restarts big0 is %+v", restarts, s)
		}
		s := n.sizes("tuned", "data0")
		if s.GSO != 60000 || s.Queue != 500 || !slices.Contains(s.Flags, "PROMISC") || !slices.Contains(s.Flags, "ALLMULTI") {
			t.Errorf("after %d restarts data0 is %+v", restarts, s)
		}
		if restarts == 0 {
			n.killContainer("tuned", "shell")
			n.restarted("tuned", "shell", 1)
		}
	}
	n.delete("pod/tuned")
	wantCardAsIs(t, before, physical)

	card["ethtool"] = map[string]any{"features": map[string]bool{"tx-tcp-segmentatoin": false}}
	n.apply(claimTemplate("wrong", claimSpec(t, request{"card", card.parameters()})), podWith("wrong", "wrong"))
	n.wantEvent("wrong", "interface data0: netdev.ethtool.features[tx-tcp-segmentatoin]: false: the device has no such feature; it can change tx-tcp-segmentation, ")
	if again := cardWas(t); again != first {
		t.Errorf("the card came home with\n%s\nand was\n%s", again, first)
	}
	n.delete("pod/wrong")
	wantCardAsIs(t, before, physical)
}

// cardWas is what netagent remembers of the card's driver.
func cardWas(t *testing.T) string {
	t.Helper()
	out := onNode(t, fmt.Sprintf(`grep -l '"name":"%s"' %s/*.json | xargs cat`, physical, journalDir))
	var entry struct {
		Was struct {
			Ethtool json.RawMessage `json:"ethtool"`
		} `json:"was"`
	}
	if err := json.Unmarshal([]byte(out), &entry); err != nil || !strings.Contains(string(entry.Was.Ethtool), "legacy-rx") {
		t.Fatalf("the journal has %s: %v", out, err)
	}
	return string(entry.Was.Ethtool)
}
