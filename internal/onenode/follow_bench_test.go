package onenode

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/atomicfile"
	"github.com/hawser-dra/hawser/internal/testns"
)

// BenchmarkFollow is the time from the kernel's event, a link has left for a
// pod, to the spec that no longer lists it: netagent's report, the driver's
// decision and the write. Beside it, in the same rounds, is its floor, the write
// alone, and the move itself, during which the runtime holds the container back.
func BenchmarkFollow(b *testing.B) {
	n := newNode(b, io.Discard)
	n.startNetagent()
	n.startDriver()
	c := newClaim(0, `{"kind": "veth", "interfaceName": "net1"}`)
	links := make(chan netlink.LinkUpdate, 64)
	done := make(chan struct{})
	b.Cleanup(func() { close(done) })
	if err := netlink.LinkSubscribe(links, done); err != nil {
		b.Fatal(err)
	}
	alone := filepath.Join(b.TempDir(), "spec")
	var move, follow, floor []time.Duration
	for b.Loop() {
		if err := n.prepare(c); err != nil {
			b.Fatal(err)
		}
		pod := testns.NewPod(b)
		host := n.listed(string(c.UID), 1)[0]
		spec := filepath.Join(n.cdi, driverName+"-claim-"+string(c.UID)+".json")
		before, content := stamp(b, spec), read(b, spec)

		began := time.Now()
		left := make(chan time.Time)
		go func() { left <- waitGone(links, host) }()
		pod.Take(host, "net1")
		event := <-left
		move = append(move, event.Sub(began))
		for stamp(b, spec) == before {
		}
		follow = append(follow, time.Since(event))

		began = time.Now()
		if err := atomicfile.Write(alone, content, 0o644); err != nil {
			b.Fatal(err)
		}
		floor = append(floor, time.Since(began))
		if err := n.unprepare(c); err != nil {
			b.Fatal(err)
		}
		pod.Close()
	}
	b.ReportMetric(float64(median(follow))/float64(median(floor)), "follow/floor")
	b.ReportMetric(float64(median(follow))/float64(median(move)), "follow/move")
	b.ReportMetric(float64(median(floor).Microseconds()), "floor-µs")
	b.ReportMetric(float64(median(follow).Microseconds()), "follow-µs")
}

// waitGone returns when the kernel says that a link has left the namespace.
func waitGone(links <-chan netlink.LinkUpdate, name string) time.Time {
	for u := range links {
		if u.Header.Type == unix.RTM_DELLINK && u.Attrs().Name == name {
			break
		}
	}
	return time.Now()
}

// stamp tells one version of a file from the next.
func stamp(b *testing.B, path string) uint64 {
	b.Helper()
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		b.Fatal(err)
	}
	return s.Ino
}

func read(b *testing.B, path string) []byte {
	b.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return content
}

func median(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }
