package netagent_test

import (
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/sandbox"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/confine"
)

// confined tells the test process that it is the one with one capability.
const confined = "HAWSER_TEST_CONFINED"

// TestOnlyNetAdmin runs a whole life with CAP_NET_ADMIN and no_new_privs, as the
// container has it, and in netagent's own sandbox: the test binary runs once more
// under these.
func TestOnlyNetAdmin(t *testing.T) {
	testns.Require(t)
	if os.Getenv(confined) != "" {
		checkCapabilities(t)
		lifeWithPod(t)
		return
	}
	requireLandlock(t)
	pod := testns.NewPod(t)
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestOnlyNetAdmin$", "-test.v")
	// The directories that the confined test removes lie in one that it may write.
	cmd.Env = append(os.Environ(), confined+"=1", "TMPDIR="+t.TempDir())
	cmd.ExtraFiles = []*os.File{pod.File()}
	out, err := runConfined(cmd)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// runConfined drops all other capabilities from a thread, starts cmd on it, and
// lets the thread end.
func runConfined(cmd *exec.Cmd) (out []byte, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = confineThread(); err == nil {
			out, err = cmd.CombinedOutput()
		}
	}()
	<-done
	return out, err
}

func confineThread() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if c == unix.CAP_NET_ADMIN {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

func checkCapabilities(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CapEff:\t0000000000001000", "CapPrm:\t0000000000001000", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(b), want) {
			t.Fatalf("not confined: /proc/self/status lacks %q", want)
		}
	}
}

func enterSandbox() error {
	return confine.Enter(slog.New(slog.DiscardHandler), confine.Config{
		SocketDir: os.TempDir(), JournalDir: os.TempDir(), Require: true,
	})
}

// lifeWithPod enters the sandbox while a pod has a link, finds and takes back that
// one, and does it all once more.
func lifeWithPod(t *testing.T) {
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	a.lendToPod(claim)
	a.config.Confine = enterSandbox
	a.restart()
	if at := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLocation(); at != netagentv1.Location_LOCATION_POD {
		t.Errorf("after a restart: %v", at)
	}
	a.detach(claim)
	a.lendToPod(claim)
	a.detach(claim)
	if left := ownLinks(t); len(left) != 0 {
		t.Errorf("links left: %v", left)
	}
}

// lendToPod attaches two links and sends one to the pod.
func (a *agent) lendToPod(claim string) {
	w := a.watch()
	list := a.attach(claim, macvlanRequest("a", "up0"), vethRequest("b"))
	w.want(claim, netagentv1.Location_LOCATION_HOST)
	const podFile = 3 // the first of ExtraFiles
	testns.Send(a.t, list[0].GetLink().GetName(), podFile)
	eventually(a.t, "the link is in the pod", func() bool {
		return a.attach(claim, macvlanRequest("a", "up0"))[0].GetLocation() == netagentv1.Location_LOCATION_POD
	})
}

// requireLandlock skips a test of the sandbox on a kernel that lacks a part of it.
func requireLandlock(t *testing.T) {
	t.Helper()
	if !sandbox.Supported() {
		testns.Lacking(t, "the kernel has no Landlock that covers files (Linux 6.2)")
	}
}
