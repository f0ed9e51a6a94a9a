package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// The links of TestLayer3: a router joins two bridges of the node; its MAC is known.
const (
	nearBridge, farBridge = "brnear", "brfar"
	routerMAC             = "02:00:5e:10:00:fe"
)

// routerPod forwards between the bridges. It answers no ARP on the near one.
func routerPod(t *testing.T) []any {
	t.Helper()
	return []any{claimTemplate("router", claimSpec(t,
		request{"near", netdev{
			"kind": "veth", "parent": nearBridge, "interfaceName": "near0", "macAddress": routerMAC,
			"addresses": []string{"192.0.2.254/24", "2001:db8::fe/64"},
			"sysctls":   map[string]int{"ipv4.arp_ignore": 8, "ipv4.forwarding": 1},
		}.parameters()},
		request{"far", netdev{
			"kind": "veth", "parent": farBridge, "interfaceName": "far0",
			"addresses": []string{"198.51.100.254/24", "2001:db8:f::fe/64"},
			"sysctls":   map[string]int{"ipv4.forwarding": 1},
		}.parameters()})), podWith("router", "router")}
}

// serverPod is beyond the router, with a default route for its way back.
func serverPod(t *testing.T) []any {
	t.Helper()
	return []any{claimTemplate("server", claimSpec(t, request{"nic", netdev{
		"kind": "veth", "parent": farBridge, "interfaceName": "data0", "defaultRoute": true,
		"addresses": []string{"198.51.100.9/24", "2001:db8:f::9/64"},
		"routes": []any{
			map[string]any{"destination": "0.0.0.0/0", "gateway": "198.51.100.254"},
			map[string]any{"destination": "::/0", "gateway": "2001:db8:f::fe"},
		},
	}.parameters()})), podWith("server", "server")}
}

// clientPod reaches the server by policy routing, and from a VRF that two claims
// share. Its first act is to use an IPv6 address.
func clientPod(t *testing.T) []any {
	t.Helper()
	router := []any{map[string]any{"address": "192.0.2.254", "macAddress": routerMAC}}
	blue := map[string]any{"name": "blue", "table": 10}
	pod := podWith("client", "data", "blue", "more")
	pod.Spec.Containers[0].Command = []string{"sh", "-c", "ping -6 -c 1 -I 2001:db8::10 2001:db8::10 >/dev/null; echo $? >/tmp/first; exec sleep infinity"}
	return []any{
		claimTemplate("data", claimSpec(t, request{"nic", netdev{
			"kind": "veth", "parent": nearBridge, "interfaceName": "data0", "neighbors": router,
			"addresses": []any{"192.0.2.10/24", map[string]any{"address": "2001:DB8::0:10/64"}},
			"routes": []any{
				map[string]any{"destination": "198.51.100.0/24", "gateway": "192.0.2.254", "table": 100},
				map[string]any{"destination": "2001:db8:f::/48", "gateway": "2001:db8::fe", "table": 100},
			},
			"rules": []any{
				map[string]any{"priority": 100, "source": "192.0.2.10/32", "table": 100},
				map[string]any{"priority": 100, "source": "2001:db8::10/128", "table": 100},
			},
		}.parameters()})),
		claimTemplate("blue", claimSpec(t, request{"nic", netdev{
			"kind": "veth", "parent": nearBridge, "interfaceName": "blue0", "neighbors": router, "vrf": blue,
			"addresses": []string{"192.0.2.20/24"},
			"routes":    []any{map[string]any{"destination": "0.0.0.0/0", "gateway": "192.0.2.254"}},
		}.parameters()})),
		claimTemplate("more", claimSpec(t, request{"nic", netdev{
			"kind": "dummy", "interfaceName": "more0", "vrf": blue, "addresses": []string{"203.0.113.1/24"},
		}.parameters()})),
		pod,
	}
}

// TestLayer3 shows what podlink sets by its effects in the pod: at first, after a
// container's restart and after the end of the sandbox. The host has none of it.
func TestLayer3(t *testing.T) {
	parent(t, nearBridge, "bridge")
	parent(t, farBridge, "bridge")
	n := newNamespace(t)
	before := hostLayer3(t)
	objects := append(append(routerPod(t), serverPod(t)...), clientPod(t)...)
	twice := podWith("twice", "data", "again")
	again := netdev{"kind": "dummy", "interfaceName": "again0", "routes": []any{map[string]any{"destination": "198.51.100.0/24", "table": 100}}}
	n.apply(append(objects, claimTemplate("again", claimSpec(t, request{"nic", again.parameters()})), twice)...)
	n.ready("router", "server", "client")

	n.wantLayer3("client")
	if err := wantSame(before, hostLayer3(t)); err != nil {
		t.Errorf("while the pods run: %v", err)
	}
	wantBothNames(n, "twice")
	n.killContainer("client", "shell")
	n.restarted("client", "shell", 1)
	n.wantLayer3("client")
	n.killSandbox("client")
	n.restarted("client", "shell", 2)
	n.wantLayer3("client")

	for _, pod := range []string{"client", "server", "router", "twice"} {
		n.delete("pod/" + pod)
	}
	wantCleanNode(t)
	eventually(t, func() error { return wantSame(before, hostLayer3(t)) })
}

// wantLayer3 uses what the client was given.
func (n *namespace) wantLayer3(pod string) {
	n.t.Helper()
	for _, ping := range [][]string{
		{"-I", "192.0.2.10", "198.51.100.9"},     // by the rule for the source, over the router that answers no ARP
		{"-I", "2001:db8::10", "2001:db8:f::fe"}, // the same in IPv6, to the router itself
		{"-I", "blue", "198.51.100.9"},           // by the VRF's default route
		{"-I", "blue", "203.0.113.1"},            // the other claim's interface in the VRF
	} {
		eventually(n.t, func() error {
			_, err := n.tryExec(pod, append([]string{"ping", "-c", "1", "-W", "2"}, ping...)...)
			return err
		})
	}
	if first := strings.TrimSpace(n.exec(pod, "cat", "/tmp/first")); first != "0" {
		n.t.Errorf("the first use of the IPv6 address ended with %s", first)
	}
	if way := n.exec(pod, "ip", "route", "get", "198.51.100.9"); !strings.Contains(way, "dev eth0") {
		n.t.Errorf("without the source that the rule names the way is %s", way)
	}
	for command, times := range map[string]int{"ip rule": 1, "ip -6 rule": 1} {
		if out := n.exec(pod, strings.Fields(command)...); strings.Count(out, "lookup 100") != times {
			n.t.Errorf("%s: table 100 is not named %d times:\n%s", command, times, out)
		}
	}
	n.wantStatus(pod, "more", "more0", n.link(pod, "more0").MAC, "203.0.113.1/24")
	n.wantStatus(pod, "data", "data0", n.link(pod, "data0").MAC, "192.0.2.10/24", "2001:db8::10/64")
}

// wantBothNames: of two claims that want one route, the one that is refused is named
// with the one that has it.
func wantBothNames(n *namespace, pod string) {
	n.t.Helper()
	claims := n.claims(pod)
	n.wantEvent(pod, "routes[0]", "route to 198.51.100.0/24 with metric 0 in table 100", claims["data"].Name, claims["again"].Name)
}

var (
	expires = regexp.MustCompile(` (expires \d+sec|valid_lft.*)`)
	comings = regexp.MustCompile(`veth|cni0|multicast ff00::/8 dev h|` + nearBridge + `|` + farBridge)
)

// hostLayer3 is what the host has of all that podlink sets, but for the CNI plugin's
// links, the test's bridges, and what the kernel gives to any link that is up: those
// on the bridges are.
func hostLayer3(t *testing.T) string {
	t.Helper()
	out := onNode(t, `ip -o addr; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
		ip neigh show nud permanent; ip -o link show type vrf
		for c in all default lo eth0; do grep . /proc/sys/net/ipv4/conf/$c/* /proc/sys/net/ipv6/conf/$c/* 2>/dev/null; done; true`)
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(expires.ReplaceAllString(line, "")); !comings.MatchString(line) {
			lines = append(lines, line)
		}
	}
	if len(lines) < 50 {
		t.Fatalf("that is not all of the host's layer 3:\n%s", out)
	}
	return strings.Join(lines, "\n")
}
