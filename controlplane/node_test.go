package controlplane_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/controlplane/health"
)

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
	n := &node{t: t, netagent: newNetagent(), client: fake.NewClientset(
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
		case <-time.After(time.Minute):
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
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
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
