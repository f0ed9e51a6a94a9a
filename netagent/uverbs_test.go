package netagent_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
)

func uverbsRequest(key, ibdev string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: ibdev}}}
}

func allowRDMA(patterns ...string) func(*netagent.Config) {
	return func(c *netagent.Config) { c.AllowRDMA = patterns }
}

// files are the paths of an attachment's device files, numbers cut off.
func files(a *netagentv1.Attachment) (names []string) {
	for _, f := range a.GetRdma().GetCharDevices() {
		names = append(names, strings.TrimRight(strings.TrimPrefix(f.GetPath(), "/dev/infiniband/"), "0123456789"))
	}
	return names
}

// TestUverbs has two claims use one device, which then goes and comes back.
func TestUverbs(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft0", "up0")
	a := start(t, allowRDMA("soft*"))
	w := a.watch()
	one, other := uuid.NewString(), uuid.NewString()
	var first []*netagentv1.Attachment
	eventually(t, "the device has all its files", func() bool {
		first = a.attach(one, uverbsRequest("a", "soft0"))
		return slices.Equal(files(first[0]), []string{"rdma_cm", "umad", "uverbs"})
	})
	if first[0].GetRdma().GetIbdev() != "soft0" || first[0].GetLocation() != netagentv1.Location_LOCATION_HOST {
		t.Errorf("got %v", first)
	}
	second := a.attach(other, uverbsRequest("a", "soft0"))
	if diff := cmp.Diff(first[0].GetRdma(), second[0].GetRdma(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}

	if err := testns.RemoveRDMA("soft0"); err != nil {
		t.Fatal(err)
	}
	w.want(one, netagentv1.Location_LOCATION_LOST)
	w.want(other, netagentv1.Location_LOCATION_LOST)
	_, err := a.tryAttach(one, uverbsRequest("a", "soft0"))
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "no RDMA device") {
		t.Errorf("text %q", text)
	}
	a.restart()
	w = a.watch()
	w.want(one, netagentv1.Location_LOCATION_LOST)
	testns.SoftRDMA(t, "soft0", "up0")
	w.want(one, netagentv1.Location_LOCATION_HOST)
	w.want(other, netagentv1.Location_LOCATION_HOST)

	a.detach(one)
	w.wantGone(one)
	w.want(other, netagentv1.Location_LOCATION_HOST)
	a.detach(other)
	a.detach(other)
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

func TestUverbsRefused(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft0", "up0")
	a := start(t, allowRDMA("soft*"))
	for ibdev, want := range map[string]codes.Code{
		"mlx5_0": codes.PermissionDenied, "soft9": codes.FailedPrecondition, "so ft": codes.InvalidArgument,
	} {
		_, err := a.tryAttach(uuid.NewString(), uverbsRequest("a", ibdev))
		wantCode(t, err, want)
	}
	claim := uuid.NewString()
	_, err := a.tryAttach(claim, uverbsRequest("a", "soft0"), uverbsRequest("b", "soft9"))
	wantCode(t, err, codes.FailedPrecondition)
	a.attach(claim, uverbsRequest("a", "soft0"))
	_, err = a.tryAttach(claim, uverbsRequest("a", "soft1"))
	wantCode(t, err, codes.FailedPrecondition)
	a.detach(claim)
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

// TestRDMADevices are told of as they come and go.
func TestRDMADevices(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	w := start(t, allowRDMA("soft0")).watch()
	testns.SoftRDMA(t, "soft0", "up0")
	w.until("the device", func(m *netagentv1.WatchResponse) bool {
		d := m.GetDevice()
		return d.GetName() == "rdma-soft0" && d.GetRdma().GetIbdev() == "soft0" && d.GetRdma().GetNetdev() == "up0" && !d.GetRdma().GetExclusive()
	})
	if err := testns.RemoveRDMA("soft0"); err != nil {
		t.Fatal(err)
	}
	w.until("its end", func(m *netagentv1.WatchResponse) bool { return m.GetDeviceGone() == "rdma-soft0" })
}
