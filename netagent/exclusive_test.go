package netagent_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"

	"github.com/hawser-dra/hawser/api/handover"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/netns"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/podlink"
)

// inPod runs f on a thread of a pod's network namespace.
func inPod(t *testing.T, pod *testns.Pod, f func() error) error {
	t.Helper()
	namespace := pod.File()
	defer namespace.Close() // what is open keeps a namespace from ending
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// runPodlink runs podlink in a pod as the runtime does, with the record of a claim
// whose device is what the driver would have made of an attachment.
func (a *agent) runPodlink(t *testing.T, pod *testns.Pod, claim string, device *netagentv1.Attachment) error {
	t.Helper()
	return runPodlink(t, pod, filepath.Join(a.config.JournalDir, handover.Subdir), claim, device.GetRdma())
}

func runPodlink(t *testing.T, pod *testns.Pod, sockets, claim string, r *netagentv1.RdmaDevice) error {
	t.Helper()
	host, err := netns.Current()
	if err != nil {
		t.Fatal(err)
	}
	d := record.Device{Key: "d0", Config: []byte("{}"), RDMA: &record.RDMA{IBDev: r.GetIbdev(), Exclusive: r.GetExclusive()}}
	for _, c := range r.GetCharDevices() {
		d.RDMA.CharDevices = append(d.RDMA.CharDevices, record.CharDevice{Path: c.GetPath(), Major: c.GetMajor(), Minor: c.GetMinor()})
	}
	b, err := (&record.Record{Version: record.Version, HostNetns: host, Devices: []record.Device{d},
		Claim: record.Claim{UID: claim, Namespace: "default", Name: "data"}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), claim+record.Suffix)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return inPod(t, pod, func() error {
		return podlink.Run(podlink.Config{Record: path, Device: "d0", Handover: sockets})
	})
}

// rdmaIn are the names of a namespace's RDMA devices.
func rdmaIn(t *testing.T, pod *testns.Pod) (names []string) {
	t.Helper()
	list := func() error {
		links, err := netlink.RdmaLinkList()
		for _, l := range links {
			names = append(names, l.Attrs.Name)
		}
		return err
	}
	err := list
	if pod != nil {
		err = func() error { return inPod(t, pod, list) }
	}
	if err := err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// wantText fails unless an error has a text.
func wantText(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %q in it", err, text)
	}
}

// TestAloneExclusiveRDMA lends a device in exclusive mode: it goes to the pod whose
// podlink asks for it, stays there, and comes home as it was.
func TestAloneExclusiveRDMA(t *testing.T) {
	testns.ExclusiveRDMA(t)
	for _, name := range []string{"soft0", "soft1"} {
		testns.Uplink(t, "up-"+name, 1500)
		testns.SoftRDMA(t, name, "up-"+name)
	}
	for name, life := range map[string]func(*testing.T, *agent){
		"a claim's life": exclusiveLife, "renamed in the pod": exclusiveRenamed, "another number": exclusiveNumber,
		"detached in the pod": exclusiveDetach, "by another's hand": exclusiveByHand,
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, allowRDMA("soft*"))
			life(t, a)
			if left := a.journal(); len(left) != 0 {
				t.Errorf("journal left: %v", left)
			}
			if home := rdmaIn(t, nil); !slices.Equal(slices.Sorted(slices.Values(home)), []string{"soft0", "soft1"}) {
				t.Errorf("devices at home: %v", home)
			}
		})
	}
}

func exclusiveLife(t *testing.T, a *agent) {
	w := a.watch()
	claim := uuid.NewString()
	lent := a.attach(claim, uverbsRequest("d0", "soft0"))[0]
	if !lent.GetRdma().GetExclusive() || lent.GetLocation() != netagentv1.Location_LOCATION_HOST {
		t.Errorf("lent: %v", lent)
	}
	_, err := a.tryAttach(uuid.NewString(), uverbsRequest("d0", "soft0"))
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "claim "+claim+" has it") {
		t.Errorf("text %q", text)
	}
	pod, other := testns.NewPod(t), testns.NewPod(t)
	for range 2 { // the second container finds it there
		if err := a.runPodlink(t, pod, claim, lent); err != nil {
			t.Fatal(err)
		}
	}
	w.want(claim, netagentv1.Location_LOCATION_POD)
	if in := rdmaIn(t, pod); !slices.Equal(in, []string{"soft0"}) {
		t.Errorf("in the pod: %v", in)
	}
	wantText(t, a.runPodlink(t, other, claim, lent), "in the network namespace of another pod")
	a.restart()
	w = a.watch()
	w.want(claim, netagentv1.Location_LOCATION_POD)
	offered := func(m *netagentv1.WatchResponse) bool { return m.GetDevice().GetName() == "rdma-soft0" }
	a.stream().until("the device, which stays offered", offered)
	again := a.attach(claim, uverbsRequest("d0", "soft0"))[0]
	if again.GetLocation() != netagentv1.Location_LOCATION_POD || fmt.Sprint(again.GetRdma()) != fmt.Sprint(lent.GetRdma()) {
		t.Errorf("repeated: %v, was %v", again, lent)
	}
	pod.Close()
	w.want(claim, netagentv1.Location_LOCATION_HOST)
	if err := a.runPodlink(t, other, claim, lent); err != nil { // of a new sandbox
		t.Fatal(err)
	}
	w.want(claim, netagentv1.Location_LOCATION_POD)
	other.Close()
	a.detach(claim)
	w.wantGone(claim)
	wantText(t, a.runPodlink(t, testns.NewPod(t), claim, lent), "is not lent to claim "+claim)
}

// exclusiveRenamed has a pod rename what it has, and netagent away meanwhile.
func exclusiveRenamed(t *testing.T, a *agent) {
	claim := uuid.NewString()
	lent := a.attach(claim, uverbsRequest("d0", "soft0"))[0]
	pod := testns.NewPod(t)
	if err := a.runPodlink(t, pod, claim, lent); err != nil {
		t.Fatal(err)
	}
	rename := func() error {
		l, err := netlink.RdmaLinkByName("soft0")
		if err != nil {
			return err
		}
		return netlink.RdmaLinkSetName(l, "hidden")
	}
	if err := inPod(t, pod, rename); err != nil {
		t.Fatal(err)
	}
	a.restart()
	w := a.watch()
	w.want(claim, netagentv1.Location_LOCATION_POD)
	pod.Close()
	w.want(claim, netagentv1.Location_LOCATION_HOST)
	if home := rdmaIn(t, nil); !slices.Contains(home, "soft0") {
		t.Errorf("at home: %v", home)
	}
	a.detach(claim)
}

// exclusiveNumber takes the device away whose file has the lower number, so that the
// move gives that number to the other: the container with the old one must not
// start.
func exclusiveNumber(t *testing.T, a *agent) {
	low := a.attach(uuid.NewString(), uverbsRequest("d0", "soft0"))[0]
	high := a.attach(uuid.NewString(), uverbsRequest("d0", "soft1"))[0]
	if minor(low) > minor(high) {
		low, high = high, low
	}
	gone := low.GetRdma().GetIbdev()
	a.detach(low.GetClaimUid())
	if err := testns.RemoveRDMA(gone); err != nil {
		t.Fatal(err)
	}
	w, pod, claim := a.watch(), testns.NewPod(t), high.GetClaimUid()
	wantText(t, a.runPodlink(t, pod, claim, high), "device files with other numbers")
	w.want(claim, netagentv1.Location_LOCATION_POD)
	now := w.at[claim+"/d0"]
	if minor(now) != minor(low) {
		t.Errorf("now %v, was %v, free was the number of %v", now, high, low)
	}
	if err := a.runPodlink(t, pod, claim, now); err != nil {
		t.Error(err)
	}
	pod.Close()
	a.detach(claim)
	if err := netlink.RdmaLinkAdd(gone, "rxe", "up-"+gone); err != nil {
		t.Fatal(err)
	}
}

// minor is the number of the device file for an attachment's users.
func minor(a *netagentv1.Attachment) uint32 {
	for _, c := range a.GetRdma().GetCharDevices() {
		if strings.Contains(c.GetPath(), "uverbs") {
			return c.GetMinor()
		}
	}
	return 0
}

// exclusiveDetach gives a device back that its pod still has: it waits, and what is
// not done by then is done when the pod ends.
func exclusiveDetach(t *testing.T, a *agent) {
	claim := uuid.NewString()
	lent := a.attach(claim, uverbsRequest("d0", "soft0"))[0]
	pod := testns.NewPod(t)
	if err := a.runPodlink(t, pod, claim, lent); err != nil {
		t.Fatal(err)
	}
	_, err := a.client.Detach(t.Context(), &netagentv1.DetachRequest{ClaimUid: claim})
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "given back when it comes home") {
		t.Errorf("text %q", text)
	}
	pod.Close()
	eventually(t, "it is forgotten when it is home", func() bool { return len(a.journal()) == 0 })
}

// exclusiveByHand moves the device without netagent, as one that is killed after the
// move and before it has written anything down leaves it.
func exclusiveByHand(t *testing.T, a *agent) {
	claim := uuid.NewString()
	lent := a.attach(claim, uverbsRequest("d0", "soft0"))[0]
	a.stop()
	pod := testns.NewPod(t)
	l, err := netlink.RdmaLinkByName("soft0")
	if err != nil {
		t.Fatal(err)
	}
	namespace := pod.File()
	if err := netlink.RdmaLinkSetNsFd(l, uint32(namespace.Fd())); err != nil {
		t.Fatal(err)
	}
	namespace.Close()
	wantText(t, a.runPodlink(t, testns.NewPod(t), claim, lent), "netagent, which brings it, does not answer")
	a.start()
	w := a.watch()
	w.want(claim, netagentv1.Location_LOCATION_POD)
	if err := a.runPodlink(t, pod, claim, lent); err != nil {
		t.Error(err)
	}
	pod.Close()
	a.detach(claim)
}

// TestHandOverRefused asks from a pod for what is not lent: on any kernel, in any
// mode.
func TestHandOverRefused(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	device := &netagentv1.Attachment{Device: &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{Ibdev: "soft9", Exclusive: true}}}
	wantText(t, a.runPodlink(t, testns.NewPod(t), claim, device),
		"RDMA device soft9 is not in this pod; the kubelet retries: RDMA device soft9 is not lent to claim "+claim)
	a.stop()
	wantText(t, a.runPodlink(t, testns.NewPod(t), claim, device), "netagent, which brings it, does not answer")
}

// TestAloneImmovableRDMA has a device whose driver cannot let go of its users: the
// claim is told before any pod starts.
func TestAloneImmovableRDMA(t *testing.T) {
	testns.Alone(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft0", "up0") // before the module that makes it movable
	testns.ExclusiveRDMA(t)
	a := start(t, allowRDMA("soft0"))
	exclusive := func(m *netagentv1.WatchResponse) bool { return m.GetDevice().GetRdma().GetExclusive() }
	a.stream().until("the device in its mode", exclusive)
	_, err := a.tryAttach(uuid.NewString(), uverbsRequest("a", "soft0"))
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "rdma system set netns shared") {
		t.Errorf("text %q", text)
	}
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

// TestAloneConfinedExclusiveRDMA does a whole life with CAP_NET_ADMIN alone and in
// netagent's own sandbox.
func TestAloneConfinedExclusiveRDMA(t *testing.T) {
	if os.Getenv(confined) != "" {
		checkCapabilities(t)
		confinedExclusive(t)
		return
	}
	requireLandlock(t)
	testns.ExclusiveRDMA(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft0", "up0")
	dir, err := os.MkdirTemp("", "") // a short path: sockets have no long ones
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestAloneConfinedExclusiveRDMA$", "-test.v")
	cmd.Env = append(os.Environ(), confined+"=1", "TMPDIR="+dir)
	ended := make(chan error, 1)
	go func() {
		out, err := runConfined(cmd)
		t.Logf("confined:\n%s", out)
		ended <- err
	}()
	pod := testns.NewPod(t)
	var sockets []string
	eventually(t, "netagent listens", func() bool {
		sockets, _ = filepath.Glob(filepath.Join(dir, "*", "*", "journal", handover.Subdir))
		return len(sockets) == 1
	})
	eventually(t, "podlink has the device", func() bool {
		d, err := rdma.New(os.DirFS("/sys")).Device("soft0")
		if err != nil {
			return false
		}
		lent := &netagentv1.RdmaDevice{Ibdev: "soft0", CharDevices: d.CharDevices, Exclusive: true}
		return runPodlink(t, pod, sockets[0], confinedClaim, lent) == nil
	})
	pod.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// confinedClaim is the one claim of the netagent in the sandbox.
const confinedClaim = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"

// confinedExclusive is what that netagent sees of its pod.
func confinedExclusive(t *testing.T) {
	a := start(t, allowRDMA("soft0"), func(c *netagent.Config) { c.Confine = enterSandbox })
	w := a.watch()
	a.attach(confinedClaim, uverbsRequest("d0", "soft0"))
	w.want(confinedClaim, netagentv1.Location_LOCATION_POD)
	w.want(confinedClaim, netagentv1.Location_LOCATION_HOST)
	a.detach(confinedClaim)
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}
