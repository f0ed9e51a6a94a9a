package controlplane_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"

	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/controlplane/health"
)

// TestLife takes a claim through all that can happen to it on a node, with two
// drivers one after the other.
func TestLife(t *testing.T) {
	n := newNode(t)
	stop := n.startDriver(n.cfg)
	n.eventually("health socket", func() bool { return health.Ask(t.Context(), n.cfg.HealthSocket, health.Live) == nil })
	if err := n.ready(); err == nil || !strings.Contains(err.Error(), "kubelet registration: ") || !strings.Contains(err.Error(), "netagent: not in sync") {
		t.Errorf("ready without kubelet and netagent: %v", err)
	}
	n.register()
	if slices := n.slices(); len(slices) != 0 {
		t.Errorf("published before netagent was there: %v", slices)
	}
	n.startNetagent()
	n.eventually("ready", func() bool { return n.ready() == nil })
	n.eventually("published", func() bool { s := n.slices(); return len(s) == 1 && len(s[0].Spec.Devices) == 1 })

	n.prepare()
	if s := n.spec(); !n.listed() || !strings.Contains(s, n.cfg.PluginDir+"/podlink") {
		t.Errorf("spec is %s", s)
	}
	n.netagent.Move(uid, "d0")
	n.eventually("not listed in the pod", func() bool { return n.spec() != "" && !n.listed() })
	n.report("192.0.2.10/24")
	n.eventually("status", func() bool { return n.status("192.0.2.10/24") })

	stop()
	for _, dir := range []string{n.cfg.RegistryDir, n.cfg.PluginDir, filepath.Dir(n.cfg.HealthSocket)} {
		if left, _ := filepath.Glob(dir + "/*.sock"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	n.netagent.EndNamespace(uid, "d0") // while there is no driver
	stop = n.startDriver(n.cfg)
	n.eventually("listed again", n.listed)
	n.register()
	n.prepare()
	n.unprepare()
	if s := n.spec(); s != "" || len(n.netagent.AllAttachments()) != 0 {
		t.Errorf("left of the claim: %s, %v", s, n.netagent.AllAttachments())
	}
	stop()
}

func TestWithoutPodlink(t *testing.T) {
	n := newNode(t)
	n.cfg.Podlink = ""
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	defer stop()
	n.register()
	resp, err := n.kubelet().NodePrepareResources(t.Context(), &drapb.NodePrepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil || !strings.Contains(resp.GetClaims()[uid].GetError(), "podlink") {
		t.Errorf("a claim with addresses: %v, %v", resp, err)
	}
	if _, err := os.Stat(n.cfg.PluginDir + "/podlink"); err == nil {
		t.Error("podlink was installed")
	}
}

func TestWhatCannotStart(t *testing.T) {
	for want, edit := range map[string]func(*controlplane.Config){
		"choose a shorter driver name": func(c *controlplane.Config) { c.PluginDir += "/" + strings.Repeat("x", 100) },
		"podlink in the image":         func(c *controlplane.Config) { c.Podlink = "/nonexistent" },
		"kubelet plugin":               func(c *controlplane.Config) { c.RegistryDir = "/nonexistent" },
		"driver name":                  func(c *controlplane.Config) { c.DriverName = "-" },
	} {
		t.Run(want, func(t *testing.T) {
			n := newNode(t)
			edit(&n.cfg)
			if err := controlplane.Run(t.Context(), n.cfg); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
