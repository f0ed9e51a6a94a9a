package controlplane_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"k8s.io/dynamic-resource-allocation/api/metadata"
	"k8s.io/dynamic-resource-allocation/devicemetadata"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"
)

// told reads what a container of the claim's pod would.
func (n *node) told() (m metadata.DeviceMetadata, ok bool) {
	n.t.Helper()
	f, err := os.Open(n.cfg.PluginDir + "/dra-device-metadata/default_data/nic/metadata.json")
	if err != nil {
		return m, false
	}
	defer func() { _ = f.Close() }()
	if err := devicemetadata.DecodeMetadataFromStream(json.NewDecoder(f), &m); err != nil {
		n.t.Fatal(err)
	}
	return m, true
}

func (n *node) toldMAC() string {
	m, ok := n.told()
	if !ok {
		return ""
	}
	return m.Requests[0].Devices[0].NetworkData.HardwareAddress
}

// TestMetadata: what containers read is there while the claim is prepared, says
// what is so when a device was made again, and goes with the claim, also when the
// driver that comes next does not write it any more.
func TestMetadata(t *testing.T) {
	n := newNode(t)
	n.cfg.DeviceMetadata = true
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	resp, err := n.kubelet().NodePrepareResources(t.Context(), request(), grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	ids := resp.GetClaims()[uid].GetDevices()[0].GetCdiDeviceIds()
	if len(ids) != 2 || ids[0] != device || ids[1] != driver+"/metadata="+uid+"_nic" {
		t.Errorf("CDI devices %v", ids)
	}
	spec, err := os.ReadFile(n.cfg.CDIDir + "/" + driver + "_metadata_" + uid + "_nic.json")
	if err != nil || !strings.Contains(string(spec), "/var/run/kubernetes.io/dra-device-attributes/") || !strings.Contains(string(spec), `"ro"`) {
		t.Errorf("%s, %v", spec, err)
	}
	m, _ := n.told()
	d := m.Requests[0].Devices[0]
	if d.Driver != driver || d.Name != "netdev-virtual" || d.NetworkData.InterfaceName != "net1" || d.NetworkData.IPs[0] != "192.0.2.10/24" {
		t.Errorf("told %+v", m)
	}

	first := n.toldMAC()
	n.netagent.Move(uid, "d0")
	n.netagent.EndNamespace(uid, "d0")
	n.eventually("told of the link that was made again", func() bool { return n.toldMAC() != first && first != "" })
	n.unprepare()
	n.wantNothingTold()

	n.prepareWith(2)
	stop()
	n.cfg.DeviceMetadata = false
	stop = n.startDriver(n.cfg)
	n.register()
	n.unprepare()
	n.wantNothingTold()
	n.prepare() // and says nothing
	n.wantNothingTold()
	n.unprepare()
	stop()
}

func request() *drapb.NodePrepareResourcesRequest {
	return &drapb.NodePrepareResourcesRequest{Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}}}
}

func (n *node) prepareWith(ids int) {
	n.t.Helper()
	resp, err := n.kubelet().NodePrepareResources(n.t.Context(), request(), grpc.WaitForReady(true))
	if err != nil || len(resp.GetClaims()[uid].GetDevices()[0].GetCdiDeviceIds()) != ids {
		n.t.Fatalf("%v, %v", resp, err)
	}
}

func (n *node) wantNothingTold() {
	n.t.Helper()
	left, _ := filepath.Glob(n.cfg.PluginDir + "/dra-device-metadata/*")
	specs, _ := filepath.Glob(n.cfg.CDIDir + "/*metadata*")
	if len(left)+len(specs) > 0 {
		n.t.Errorf("left: %v, %v", left, specs)
	}
}
