package controlplane_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/controlplane/internal/fakeagent"
)

const (
	driver = "dra.example.com"
	uid    = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"
	device = driver + "/claim=" + uid + "-d0"
)

// netagent serves a fake one over a real socket.
type netagent struct {
	netagentv1.UnimplementedNetAgentServer
	fakeagent.Agent
}

func (n *netagent) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return n.Agent.Attach(ctx, req)
}

func (n *netagent) Detach(ctx context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	return &netagentv1.DetachResponse{}, n.Agent.Detach(ctx, req.GetClaimUid())
}

func (n *netagent) Watch(_ *netagentv1.WatchRequest, stream grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	virtual := &netagentv1.NodeDevice{Name: "netdev-virtual", Device: &netagentv1.NodeDevice_VirtualLinks{
		VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512},
	}}
	first := []*netagentv1.WatchResponse{{Event: &netagentv1.WatchResponse_Device{Device: virtual}}}
	for _, a := range n.AllAttachments() {
		first = append(first, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}})
	}
	for _, e := range append(first, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}}) {
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	for {
		uids, err := n.Next(stream.Context())
		if err != nil {
			return nil
		}
		for _, uid := range uids {
			for _, e := range n.events(uid) {
				if err := stream.Send(e); err != nil {
					return err
				}
			}
		}
	}
}

// events tell what a claim has now.
func (n *netagent) events(uid string) (events []*netagentv1.WatchResponse) {
	for _, a := range n.Attachments(uid) {
		events = append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}})
	}
	if events == nil {
		gone := &netagentv1.AttachmentGone{ClaimUid: uid, Key: "d0"}
		events = append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_AttachmentGone{AttachmentGone: gone}})
	}
	return events
}

// node is a machine with a kubelet's directories, netagent and an API server.
type node struct {
	t        *testing.T
	cfg      controlplane.Config
	netagent *netagent
	client   kubernetes.Interface
}

func newNode(t *testing.T) *node {
	t.Helper()
	// Short: the sockets' paths are bounded.
	dir, err := os.MkdirTemp("", "hw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	n := &node{t: t, netagent: &netagent{}, client: fake.NewClientset(
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node1", UID: "n1"}}, newClaim())}
	n.cfg = controlplane.Config{
		DriverName: driver, NodeName: "node1", PodUID: "p1", Client: n.client,
		PluginDir: dir + "/plugin", RegistryDir: dir + "/registry", CDIDir: dir + "/cdi", StateDir: dir + "/plugin/claims",
		NetagentSocket: dir + "/netagent.sock", HealthSocket: dir + "/driver/health.sock", Podlink: dir + "/image-podlink",
	}
	for _, d := range []string{n.cfg.PluginDir, n.cfg.RegistryDir} {
		if err := os.Mkdir(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(n.cfg.Podlink, []byte("#!"), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) startNetagent() {
	n.t.Helper()
	l, err := net.Listen("unix", n.cfg.NetagentSocket)
	if err != nil {
		n.t.Fatal(err)
	}
	s := grpc.NewServer()
	netagentv1.RegisterNetAgentServer(s, n.netagent)
	go func() { _ = s.Serve(l) }()
	n.t.Cleanup(s.Stop)
}

// startDriver returns what ends it and waits for it.
func (n *node) startDriver(cfg controlplane.Config) (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(n.t.Context())
	done := make(chan error, 1)
	go func() { done <- controlplane.Run(ctx, cfg) }()
	return func() {
		n.t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				n.t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			n.t.Fatal("the driver does not end")
		}
	}
}

// register does what a kubelet does when it finds the driver's socket.
func (n *node) register() {
	n.t.Helper()
	socket := filepath.Join(n.cfg.RegistryDir, driver+"-p1-reg.sock")
	n.eventually("registration socket", func() bool { _, err := os.Stat(socket); return err == nil })
	c := registerapi.NewRegistrationClient(n.dial(socket))
	info, err := c.GetInfo(n.t.Context(), &registerapi.InfoRequest{}, grpc.WaitForReady(true))
	if err != nil || info.GetName() != driver {
		n.t.Fatalf("GetInfo: %v, %v", info, err)
	}
	if _, err := c.NotifyRegistrationStatus(n.t.Context(), &registerapi.RegistrationStatus{PluginRegistered: true}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) dial(socket string) *grpc.ClientConn {
	n.t.Helper()
	c, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (n *node) kubelet() drapb.DRAPluginClient {
	return drapb.NewDRAPluginClient(n.dial(n.cfg.PluginDir + "/dra-p1.sock"))
}

func (n *node) eventually(what string, ok func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s: not in time", what)
		}
	}
}

// spec is the CDI spec of the claim, or "".
func (n *node) spec() string {
	files, _ := filepath.Glob(n.cfg.CDIDir + "/*.json")
	if len(files) != 1 {
		return ""
	}
	b, _ := os.ReadFile(files[0])
	return string(b)
}

func (n *node) listed() bool { return strings.Contains(n.spec(), "netDevices") }

func (n *node) ready() error {
	return health.Ask(n.t.Context(), n.cfg.HealthSocket, health.Ready)
}

func newClaim() *resourceapi.ResourceClaim {
	parameters, _ := json.Marshal(map[string]any{"type": "netdev", "netdev": map[string]any{
		"kind": "dummy", "interfaceName": "net1", "addresses": []string{"192.0.2.10/24"},
	}})
	return &resourceapi.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data", Namespace: "default", UID: uid},
		Spec: resourceapi.ResourceClaimSpec{Devices: resourceapi.DeviceClaim{Requests: []resourceapi.DeviceRequest{
			{Name: "nic", Exactly: &resourceapi.ExactDeviceRequest{DeviceClassName: "network-devices"}},
		}}},
		Status: resourceapi.ResourceClaimStatus{
			ReservedFor: []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", Name: "pod", UID: "pod1"}},
			Allocation: &resourceapi.AllocationResult{Devices: resourceapi.DeviceAllocationResult{
				Results: []resourceapi.DeviceRequestAllocationResult{{Request: "nic", Driver: driver, Pool: "node1", Device: "netdev-virtual"}},
				Config: []resourceapi.DeviceAllocationConfiguration{{
					Source: resourceapi.AllocationConfigSourceClaim,
					DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
						Driver: driver, Parameters: runtime.RawExtension{Raw: parameters},
					}},
				}},
			}},
		},
	}
}

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

func (n *node) slices() []resourceapi.ResourceSlice {
	n.t.Helper()
	list, err := n.client.ResourceV1().ResourceSlices().List(n.t.Context(), metav1.ListOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	return list.Items
}

func (n *node) prepare() {
	n.t.Helper()
	resp, err := n.kubelet().NodePrepareResources(n.t.Context(), &drapb.NodePrepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil {
		n.t.Fatal(err)
	}
	got := resp.GetClaims()[uid]
	if len(got.GetDevices()) != 1 || got.GetError() != "" || got.GetDevices()[0].GetCdiDeviceIds()[0] != device {
		n.t.Fatalf("prepared %v", got)
	}
}

func (n *node) unprepare() {
	n.t.Helper()
	resp, err := n.kubelet().NodeUnprepareResources(n.t.Context(), &drapb.NodeUnprepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil || resp.GetClaims()[uid].GetError() != "" {
		n.t.Fatalf("unprepared %v, %v", resp, err)
	}
}

// report says what podlink says.
func (n *node) report(address string) {
	n.t.Helper()
	c, err := net.Dial("unixgram", filepath.Join(n.cfg.PluginDir, report.SocketName))
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	b, err := report.Report{
		ClaimUID: uid, Device: "d0", Outcome: report.Ready, Interface: "net1", Addresses: []string{address},
	}.Marshal()
	if err == nil {
		_, err = c.Write(b)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// status says whether the claim's status has the address and InPod.
func (n *node) status(address string) bool {
	n.t.Helper()
	c, err := n.client.ResourceV1().ResourceClaims("default").Get(n.t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	b, _ := json.Marshal(c.Status.Devices)
	return strings.Contains(string(b), address) && strings.Contains(string(b), "InPod")
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
