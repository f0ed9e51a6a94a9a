package netagent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
)

// refusal is a request that netagent must refuse, and leave the node byte for byte
// as it was.
type refusal struct {
	request *netagentv1.DeviceRequest
	code    codes.Code
	text    string // a part of what it says
}

// bound is a request at a bound: the last that is allowed.
func bound(r *netagentv1.DeviceRequest) refusal { return refusal{request: r, code: codes.OK} }

// refuse makes each request of a claim of its own. One that is allowed is taken
// back, and the node is as before as well.
func (a *agent) refuse(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for what, c := range cases {
		t.Run(what, func(t *testing.T) { a.refuseOne(t, c) })
	}
}

func (a *agent) refuseOne(t *testing.T, c refusal) {
	t.Helper()
	if c.request.GetKey() == "" {
		c.request.Key = "a"
	}
	a.changesNothing(t, func() {
		claim := uuid.NewString()
		_, err := a.tryAttach(claim, c.request)
		if text := wantCode(t, err, c.code); !strings.Contains(text, c.text) {
			t.Errorf("it says %q, want %q in it", text, c.text)
		}
		if err == nil {
			a.detach(claim)
		}
	})
}

// changesNothing compares the node and the journal before and after.
func (a *agent) changesNothing(t *testing.T, act func()) {
	t.Helper()
	before := a.snapshot(t)
	act()
	if diff := cmp.Diff(strings.Split(before, "\n"), strings.Split(a.snapshot(t), "\n")); diff != "" {
		t.Errorf("the node is not as before (-before +now):\n%s", diff)
	}
}

// snapshot is the node, see [testns.Snapshot], and the journal.
func (a *agent) snapshot(t testing.TB, without ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(testns.Snapshot(t, without...))
	for _, name := range a.journal() {
		content, err := os.ReadFile(filepath.Join(a.config.JournalDir, name))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "journal %s: %s\n", name, content)
	}
	return b.String()
}

// noDAD has links that the test makes take their IPv6 addresses at once.
func noDAD(t testing.TB) {
	t.Helper()
	testns.Require(t)
	sh(t, "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
}

// settled waits until IPv6 has taken up the addresses of links that the test made:
// until then the kernel adds routes.
func settled(t testing.TB) {
	t.Helper()
	eventually(t, "no address is tentative", func() bool {
		list, err := netlink.AddrList(nil, netlink.FAMILY_V6)
		for _, a := range list {
			if a.Flags&unix.IFA_F_TENTATIVE != 0 {
				return false
			}
		}
		return err == nil
	})
}

// bridge makes a bridge as nodes have them, with an address of its own and a port
// that has a carrier: so that it is the same when another port comes and goes.
func bridge(t testing.TB, name string) {
	t.Helper()
	l := testns.Add(t, &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, HardwareAddr: mac}})
	if err := netlink.LinkSetMaster(testns.Uplink(t, name+"-port", 1500), l); err != nil {
		t.Fatal(err)
	}
	eventually(t, name+" has a carrier", func() bool { return testns.Get(t, name).Attrs().OperState == netlink.OperUp })
	settled(t)
}
