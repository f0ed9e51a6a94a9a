package netagent_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/attachment"
)

// TestOthersAttachments asks for what another claim has.
func TestOthersAttachments(t *testing.T) {
	noDAD(t)
	uplink(t)
	a := start(t, allowAll)
	victim := uuid.NewString()
	pair := a.attach(victim, vethRequest("a"), macvlanRequest("b", "up0"))
	podEnd, other := pair[0].GetLink().GetName(), pair[1].GetLink().GetName()
	hostEnd := "hv" + podEnd[2:]
	settled(t)
	a.refuse(t, map[string]refusal{
		"macvlan on its link":     {macvlanRequest("a", other), codes.PermissionDenied, "belongs to a claim"},
		"passthru on its link":    {passthruRequest(podEnd), codes.PermissionDenied, "belongs to a claim"},
		"ipvlan on its host end":  {ipvlanRequest(hostEnd), codes.PermissionDenied, "belongs to a claim"},
		"its link as bridge":      {bridgeRequest(hostEnd), codes.PermissionDenied, "belongs to a claim"},
		"its link as card":        {nicRequest(podEnd), codes.PermissionDenied, "piece of hardware"},
		"its host end as card":    {nicRequest(hostEnd), codes.PermissionDenied, "piece of hardware"},
		"all of the parent it is": {passthruRequest("up0"), codes.FailedPrecondition, "create macvlan"},
	})
	t.Run("its key with other settings", func(t *testing.T) {
		a.changesNothing(t, func() {
			_, err := a.tryAttach(victim, macvlanRequest("a", "up0"))
			wantCode(t, err, codes.FailedPrecondition)
		})
	})
	t.Run("its UID in capitals is another claim's", func(t *testing.T) {
		a.changesNothing(t, func() { a.detach(strings.ToUpper(victim)) })
	})
	a.detach(victim)
}

// TestForgedMarks finds links on the host that carry our marks and are not ours:
// neither attaching nor detaching touches them.
func TestForgedMarks(t *testing.T) {
	noDAD(t)
	uplink(t)
	a := start(t, allowAll)
	claim := uuid.NewString()
	name := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink().GetName()
	a.detach(claim)
	alias := "hawser/" + claim + "/a"
	for what, forged := range map[string]struct {
		link  netlink.Link
		alias string
	}{
		"name":                         {&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}}, ""},
		"name, of our kind":            {&netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: name, ParentIndex: testns.Get(t, "up0").Attrs().Index}, Mode: netlink.MACVLAN_MODE_VEPA}, ""},
		"name and group":               {&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, Group: attachment.Group}}, ""},
		"name, group and alias":        {&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, Group: attachment.Group}}, alias},
		"name and another's alias":     {&netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: name, Group: attachment.Group, ParentIndex: testns.Get(t, "up0").Attrs().Index}, Mode: netlink.MACVLAN_MODE_VEPA}, "hawser/" + uuid.NewString() + "/a"},
		"alias of another claim, pair": {&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "hv" + name[2:]}, alias},
	} {
		t.Run(what, func(t *testing.T) {
			l := testns.Add(t, forged.link)
			if forged.alias != "" {
				if err := netlink.LinkSetAlias(l, forged.alias); err != nil {
					t.Fatal(err)
				}
			}
			settled(t)
			a.changesNothing(t, func() {
				_, err := a.tryAttach(claim, macvlanRequest("a", "up0"))
				if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, name) || !strings.Contains(text, "left alone") {
					t.Errorf("it says %q", text)
				}
			})
			a.changesNothing(t, func() { a.detach(claim) })
			a.changesNothing(t, a.restart)
			if err := netlink.LinkDel(l); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestForgedParents have our group or alias and are the node's own, or claim to be.
func TestForgedParents(t *testing.T) {
	noDAD(t)
	uplink(t)
	a := start(t, allowAll)
	settled(t)
	for what, forge := range map[string]string{
		"group": "ip link set up0 group 18519",
		"alias": "ip link set up0 alias hawser/" + uuid.NewString() + "/a",
	} {
		t.Run(what, func(t *testing.T) {
			sh(t, forge)
			a.refuseOne(t, refusal{macvlanRequest("a", "up0"), codes.PermissionDenied, "belongs to a claim"})
			sh(t, "ip link set up0 group 0; ip link set up0 alias ''")
		})
	}
}

// TestDetachOfOthers is a driver that was taken over: it asks to have taken back
// what it never had, by the UIDs that marks on the host's links tell it.
func TestDetachOfOthers(t *testing.T) {
	noDAD(t)
	uplink(t)
	a := start(t, allowAll)
	victim := uuid.NewString()
	a.attach(victim, macvlanRequest("a", "up0"))
	never := uuid.NewString()
	testns.Add(t, &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br9", Group: attachment.Group}})
	sh(t, "ip link set br9 alias hawser/"+never+"/a && ip link set up0 alias hawser/"+never+"/b")
	settled(t)
	for what, c := range map[string]struct {
		claim string
		code  codes.Code
	}{
		"a claim that forged marks name": {never, codes.OK},
		"a claim of nobody":              {uuid.NewString(), codes.OK},
		"the zero claim":                 {uuid.Nil.String(), codes.OK},
		"nothing":                        {"", codes.InvalidArgument},
		"a link's name":                  {"up0", codes.InvalidArgument},
		"an attachment's file":           {victim + ".a", codes.InvalidArgument},
		"a path":                         {"../" + victim, codes.InvalidArgument},
		"everything":                     {"*", codes.InvalidArgument},
		"a part of a UID":                {victim[:8], codes.InvalidArgument},
		"a UID in braces":                {"{" + victim + "}", codes.InvalidArgument},
		"a UID without hyphens":          {strings.ReplaceAll(victim, "-", ""), codes.InvalidArgument},
	} {
		t.Run(what, func(t *testing.T) {
			a.changesNothing(t, func() {
				_, err := a.client.Detach(t.Context(), &netagentv1.DetachRequest{ClaimUid: c.claim})
				wantCode(t, err, c.code)
			})
		})
	}
	a.detach(victim)
}
