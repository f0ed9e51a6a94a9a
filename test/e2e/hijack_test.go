package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// coveted are the addresses that a claim would cut the node off with: those by
// which it reaches the API server, IPv4 and IPv6, and that by which pods do.
var coveted = []string{"10.0.2.2", "fec0::2", "10.96.0.1"}

// ways is how the node reaches each of them.
func ways(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, a := range coveted {
		fmt.Fprintln(&out, strings.TrimSpace(onNode(t, "ip -o route get "+a+" | sed 's/ cache.*//; s/ expires [^ ]*//'")))
	}
	return out.String()
}

// layer3 is all of the host's addresses, routes, rules and sysctls but what the
// CNI plugin has for pods, and what the kernel gives to any link that is up.
func layer3(t *testing.T) string {
	t.Helper()
	return onNode(t, `(ip -o addr; ip -o route show table all; ip -o -6 route show table all) |
			grep -v 'veth\|cni0\|ff00::/8' | sed 's/ valid_lft.*//; s/ expires [^ ]*//; s/^[0-9]*: //' | sort
		ip rule; ip -6 rule; cd /proc/sys/net
		grep -s . ipv[46]/conf/all/* ipv[46]/conf/default/* ipv[46]/conf/lo/* ipv[46]/conf/eth0/* ipv4/ip_forward || true`)
}

// TestClaimsDoNotHijackTheNode shows what an address on a link of the host does to
// a node, then has claims with such addresses go every way that there is, while the
// kernel is listened to.
func TestClaimsDoNotHijackTheNode(t *testing.T) {
	before := ways(t)
	// Of another address, by the same gateway: with one of those the node would not
	// answer any more, not even this test.
	const attacked = "198.51.100.7"
	attack := onNode(t, `ip -o route get `+attacked+`; ip link add hijack0 type dummy; ip addr add `+attacked+`/32 dev hijack0
		ip -o link show dev hijack0; ip -o route get `+attacked+`; ip link del hijack0`)
	if !strings.Contains(attack, attacked+" via "+coveted[0]) || !strings.Contains(attack, "state DOWN") || !strings.Contains(attack, "local "+attacked) {
		t.Fatalf("no attack, so nothing is shown by what follows:\n%s", attack)
	}
	parent(t, "enhijack", "dummy")
	host := layer3(t)
	stage := func(what string) {
		t.Helper()
		if err := wantSame(before+host, ways(t)+layer3(t)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	stage("after the attack")
	monitor := strings.TrimSpace(onNode(t, "setsid ip -o monitor address route rule </dev/null >/tmp/hijack.log 2>&1 & echo $!"))

	n := newNamespace(t)
	n.apply(sharedClaim("all", claimSpec(t, hijackers()...)), podOfClaim("pod", "all"))
	n.ready("pod")
	stage("running")
	if got := n.exec("pod", "ip", "-o", "addr"); strings.Count(got, " "+coveted[0]+"/24 ") != len(hijackers()) {
		t.Errorf("the pod has not the addresses that it asked for:\n%s", got)
	}
	n.apply(podOfClaim("second", "all"))
	n.wantEvent("second", "is not in this pod")
	stage("refused to another pod")
	n.delete("pod/second")
	n.killContainer("pod", "shell")
	n.restarted("pod", "shell", 1)
	stage("container restarted")
	n.killSandbox("pod")
	n.restarted("pod", "shell", 2)
	stage("sandbox made again, and the card was home")
	n.delete("pod/pod")
	onHost := podOfClaim("on-host", "all")
	onHost.Spec.HostNetwork = true
	n.apply(onHost)
	// podlink says why where runc comes so far: of several links that it renames, one
	// may have got its own name back before.
	n.wantEvent("on-host", "Failed: ", "runc create failed")
	stage("in a hostNetwork pod")
	n.delete("pod/on-host")
	wantCleanNode(t)
	stage("gone")

	heard := onNode(t, "kill "+monitor+"; cat /tmp/hijack.log; rm /tmp/hijack.log")
	for line := range strings.Lines(heard) {
		if ours.MatchString(line) && !strings.Contains(line, "ff00::/8") || slices.ContainsFunc(coveted, func(a string) bool { return strings.Contains(line, a+"/") }) {
			t.Errorf("meanwhile the host had: %s", line)
		}
	}
	if heard == "" {
		t.Error("nothing was heard, not even of the CNI plugin's links")
	}
}

// ours are links of claims, as the host or the pod calls them.
var ours = regexp.MustCompile(`\b(h[wv][a-z2-7]{13}|enhijack|hijack[1-9]|` + physical + `)\b`)

// hijackers are interfaces of every kind that has a host side, each with all of the
// addresses.
func hijackers() []request {
	var all []request
	for i, nd := range []netdev{
		{"kind": "dummy"},
		{"kind": "veth"},
		{"kind": "macvlan", "parent": "eth0"},
		{"kind": "ipvlan", "parent": "enhijack", "mode": "l2", "flag": "bridge"},
		{"kind": "host-device", "hostDevice": physical},
	} {
		nd["interfaceName"] = fmt.Sprintf("hijack%d", i+1)
		nd["addresses"] = []string{coveted[0] + "/24", coveted[1] + "/64", coveted[2] + "/32"}
		all = append(all, request{fmt.Sprintf("r%d", i), nd.parameters()})
	}
	return all
}
