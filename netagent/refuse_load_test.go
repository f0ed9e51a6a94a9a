package netagent_test

import (
	"flag"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// calls of TestManyCalls: -args -calls=1000000 makes a million of them.
var manyCalls = flag.Int("calls", 5000, "how many calls a driver that was taken over makes")

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// wantFlat compares memory, that of the caller in it, with what it was.
func wantFlat(t *testing.T, before, most uint64) {
	t.Helper()
	now := heap()
	t.Logf("memory: %d KiB before, %d KiB now", before>>10, now>>10)
	if now > before+most {
		t.Errorf("memory grew from %d to %d bytes", before, now)
	}
}

// quietly runs a netagent whose lines are written nowhere.
func quietly(t *testing.T) *agent {
	a := start(t)
	a.stop()
	a.log = io.Discard
	a.start()
	return a
}

// TestManyCalls makes far more calls than the rate allows.
func TestManyCalls(t *testing.T) {
	a := quietly(t)
	a.changesNothing(t, func() {
		var answers [codes.Unauthenticated + 1]atomic.Int64
		before, began := heap(), time.Now()
		var callers sync.WaitGroup
		for i := range 4 {
			callers.Go(func() {
				for n := i; n < *manyCalls; n += 4 {
					_, err := a.client.Attach(t.Context(), &netagentv1.AttachRequest{
						ClaimUid: uuid.NewString(), Devices: []*netagentv1.DeviceRequest{macvlanRequest("a", "up9")}})
					answers[status.Code(err)].Add(1)
				}
			})
		}
		callers.Wait()
		t.Logf("%d calls in %v", *manyCalls, time.Since(began))
		refused, done := answers[codes.ResourceExhausted].Load(), answers[codes.FailedPrecondition].Load()
		if refused+done != int64(*manyCalls) || refused == 0 {
			t.Errorf("%d past the rate, %d looked at, of %d", refused, done, *manyCalls)
		}
		wantFlat(t, before, 8<<20)
	})
}
