package podlink_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/internal/netns"
	"github.com/hawser-dra/hawser/internal/testns"
)

// ofHost is the host's network, which the test's thread is not in any more.
func ofHost(t *testing.T) string {
	t.Helper()
	all := make(chan string)
	go func() { all <- testns.Snapshot(t) }()
	return <-all
}

// TestTheHostIsLeftAlone lets podlink fail in each way, half-way too: never is
// anything of it in the host's namespace.
func TestTheHostIsLeftAlone(t *testing.T) {
	for what, fail := range map[string]func(t *testing.T, p *pod){
		"half-way": func(t *testing.T, p *pod) {
			p.link("net1", alias)
			if err := os.WriteFile("/proc/sys/net/ipv6/conf/net1/disable_ipv6", []byte("1"), 0); err != nil {
				skip(t, "IPv6 cannot be turned off", err)
			}
			p.write("192.0.2.10/24", "2001:db8::10/64")
			p.fails(report.Failed, "IPv6 is off in this pod")
		},
		"at the door": func(_ *testing.T, p *pod) {
			p.link("net1", "hawser/another/d0")
			p.write("192.0.2.10/24")
			p.fails(report.Refused, "is not the claim's")
		},
		"without the interface": func(_ *testing.T, p *pod) {
			p.write("192.0.2.10/24")
			p.fails(report.Refused, "is not in this pod")
		},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPod(t)
			before := ofHost(t)
			fail(t, p)
			if diff := cmp.Diff(before, ofHost(t)); diff != "" {
				t.Errorf("the host changed (-before +now):\n%s", diff)
			}
		})
	}
}

// TestForgedHost has a record that says that the node's namespace is another one:
// podlink asks the node's first process, too.
func TestForgedHost(t *testing.T) {
	p := newPod(t)
	if first, err := netns.Init(); err != nil || first != p.host {
		skip(t, "the test does not run in the machine's own network namespace, or may not know", err)
	}
	p.host++
	p.write("192.0.2.10/24")
	failed := make(chan error)
	go func() { failed <- p.run() }() // on another thread, which is on the host
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "the pod uses the host's network") {
		t.Errorf("got %v", err)
	}
	if r := p.report(); r.Outcome != report.Refused {
		t.Errorf("reported %+v", r)
	}
}
