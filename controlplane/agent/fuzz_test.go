package agent

import (
	"path"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

const fuzzClaim = "6f0b8a44-97e2-4d2c-8d5f-000000000001"

func fuzzAttachment() *netagentv1.Attachment {
	return &netagentv1.Attachment{
		ClaimUid: fuzzClaim, Key: "d0", Location: netagentv1.Location_LOCATION_HOST,
		Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name: "hwotbhldexnwhkx", Alias: "hawser/" + fuzzClaim + "/d0", MacAddress: []byte{2, 0, 0, 0, 0, 1}, Mtu: 1500,
		}},
	}
}

func wire(f *testing.F, m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

func newFuzzClient(f *testing.F) *Client {
	validate, err := protovalidate.New()
	if err != nil {
		f.Fatal(err)
	}
	return &Client{validate: validate}
}

// FuzzAnswer: an answer that is believed is about what was asked for, and can
// give a pod no file but one of RDMA.
func FuzzAnswer(f *testing.F) {
	c := newFuzzClient(f)
	f.Add(wire(f, &netagentv1.AttachResponse{Attachments: []*netagentv1.Attachment{fuzzAttachment()}}))
	asked := &netagentv1.AttachRequest{ClaimUid: fuzzClaim, Devices: []*netagentv1.DeviceRequest{{Key: "d0"}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		answer := new(netagentv1.AttachResponse)
		if proto.Unmarshal(b, answer) != nil || c.checkAttached(asked, answer) != nil {
			return
		}
		list := answer.GetAttachments()
		if len(list) != 1 || list[0].GetClaimUid() != fuzzClaim || list[0].GetKey() != "d0" {
			t.Fatalf("believed: %v", answer)
		}
		wantHarmless(t, list[0])
	})
}

// FuzzEvent: the same of what Watch tells.
func FuzzEvent(f *testing.F) {
	c := newFuzzClient(f)
	f.Add(wire(f, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: fuzzAttachment()}}))
	f.Add(wire(f, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Device{Device: &netagentv1.NodeDevice{
		Name: "virtual", Device: &netagentv1.NodeDevice_VirtualLinks{VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512}},
	}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		event := new(netagentv1.WatchResponse)
		if proto.Unmarshal(b, event) != nil || c.checkEvent(event) != nil {
			return
		}
		if a := event.GetAttachment(); a != nil {
			wantHarmless(t, a)
		}
	})
}

func wantHarmless(t *testing.T, a *netagentv1.Attachment) {
	t.Helper()
	if l := a.GetLink(); l != nil && (l.GetName() == "" || len(l.GetName()) > 15 || strings.ContainsAny(l.GetName(), "/: %")) {
		t.Errorf("link %q", l.GetName())
	}
	for _, d := range a.GetRdma().GetCharDevices() {
		if p := d.GetPath(); path.Dir(p) != "/dev/infiniband" || path.Clean(p) != p {
			t.Errorf("device file %q", p)
		}
	}
}
