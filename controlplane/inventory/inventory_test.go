package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/inventory"
)

// script is a netagent whose streams a test writes: each element of streams is
// one, and a closed one breaks.
type script struct {
	streams chan chan *netagentv1.WatchResponse
}

func (s *script) Watch(ctx context.Context) iter.Seq2[*netagentv1.WatchResponse, error] {
	return func(yield func(*netagentv1.WatchResponse, error) bool) {
		var stream chan *netagentv1.WatchResponse
		select {
		case stream = <-s.streams:
		case <-ctx.Done():
			yield(nil, ctx.Err())
			return
		}
		for {
			select {
			case e, ok := <-stream:
				if !ok {
					yield(nil, errors.New("broken"))
					return
				}
				if !yield(e, nil) {
					return
				}
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

func (s *script) stream(events ...*netagentv1.WatchResponse) chan *netagentv1.WatchResponse {
	c := make(chan *netagentv1.WatchResponse, 16+len(events))
	for _, e := range events {
		c <- e
	}
	s.streams <- c
	return c
}

func device(name string) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Device{
		Device: &netagentv1.NodeDevice{Name: name},
	}}
}

func deviceGone(name string) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_DeviceGone{DeviceGone: name}}
}

func attached(claim, key string, at netagentv1.Location) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{
		Attachment: &netagentv1.Attachment{ClaimUid: claim, Key: key, Location: at},
	}}
}

func detached(claim, key string) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_AttachmentGone{
		AttachmentGone: &netagentv1.AttachmentGone{ClaimUid: claim, Key: key},
	}}
}

func synced() *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}}
}

const (
	host = netagentv1.Location_LOCATION_HOST
	pod  = netagentv1.Location_LOCATION_POD
)

// run calls f with an inventory that is running, in a bubble of fake time.
func run(t *testing.T, f func(t *testing.T, s *script, i *inventory.Inventory)) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{streams: make(chan chan *netagentv1.WatchResponse, 4)}
		i := inventory.New(inventory.Config{Watcher: s})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- i.Run(ctx) }()
		f(t, s, i)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func next(t *testing.T, i *inventory.Inventory, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := i.Next(ctx); err != nil || !slices.Equal(got, want) {
		t.Errorf("Next = %v, %v, want %v", got, err, want)
	}
}

func nothingNext(t *testing.T, i *inventory.Inventory) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := i.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next = %v, %v, want to wait", got, err)
	}
}

// devicesChanged waits for devices from now on.
func devicesChanged(t *testing.T, i *inventory.Inventory) <-chan struct{} {
	t.Helper()
	changed, stop := i.WatchDevices()
	t.Cleanup(stop)
	<-changed // the first token is for what there is
	return changed
}

func names(i *inventory.Inventory) (names []string) {
	for _, d := range i.Devices() {
		names = append(names, d.GetName())
	}
	return names
}

func keys(all []*netagentv1.Attachment) (keys []string) {
	for _, a := range all {
		keys = append(keys, a.GetClaimUid()+"/"+a.GetKey())
	}
	return keys
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestNothingIsToldBeforeItIsComplete(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		changed := devicesChanged(t, i)
		stream := s.stream(device("b"), device("a"), attached("u2", "d0", host), attached("u1", "d1", host), attached("u1", "d0", host))
		nothingNext(t, i)
		if i.Synced() || len(i.Devices()) > 0 || len(i.AllAttachments()) > 0 {
			t.Error("half a state is shown")
		}
		stream <- synced()
		next(t, i, "u1", "u2")
		if !i.Synced() {
			t.Error("not synced")
		}
		equal(t, "devices", names(i), "a", "b")
		equal(t, "attachments", keys(i.AllAttachments()), "u1/d0", "u1/d1", "u2/d0")
		equal(t, "of u1", keys(i.Attachments("u1")), "u1/d0", "u1/d1")
		<-changed
	})
}

func TestChangesAreGathered(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		changed := devicesChanged(t, i)
		stream := s.stream(attached("u1", "d0", host), attached("u2", "d0", host), synced())
		next(t, i, "u1", "u2")
		<-changed

		stream <- attached("u1", "d0", pod)
		stream <- detached("u2", "d0")
		stream <- detached("u3", "d0")
		stream <- attached("u1", "d0", pod)
		synctest.Wait()
		next(t, i, "u1", "u2", "u3")
		nothingNext(t, i)
		if got := i.Attachments("u1"); len(got) != 1 || got[0].GetLocation() != pod {
			t.Errorf("u1 is %v", got)
		}
		if got := i.Attachments("u2"); len(got) != 0 {
			t.Errorf("u2 still has %v", got)
		}
		select {
		case <-changed:
			t.Error("attachments woke who waits for devices")
		default:
		}

		stream <- device("a")
		stream <- device("b")
		stream <- deviceGone("a")
		synctest.Wait()
		<-changed
		equal(t, "devices", names(i), "b")
		nothingNext(t, i)
	})
}

func TestBrokenStreamKeepsTheState(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		changed := devicesChanged(t, i)
		first := s.stream(device("a"), device("b"), attached("u1", "d0", pod), attached("u2", "d0", pod), synced())
		next(t, i, "u1", "u2")
		<-changed

		close(first)
		synctest.Wait()
		if i.Synced() {
			t.Error("synced without a stream")
		}
		equal(t, "devices", names(i), "a", "b")

		second := s.stream(device("b"), attached("u2", "d0", pod), attached("u3", "d0", host))
		nothingNext(t, i)
		equal(t, "while reading again", keys(i.AllAttachments()), "u1/d0", "u2/d0")

		second <- synced()
		next(t, i, "u1", "u2", "u3")
		<-changed
		equal(t, "devices", names(i), "b")
		equal(t, "attachments", keys(i.AllAttachments()), "u2/d0", "u3/d0")
	})
}

func TestBreaksBeforeSyncedChangeNothing(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		changed := devicesChanged(t, i)
		for range 3 {
			close(s.stream(device("a"), attached("u1", "d0", pod)))
		}
		time.Sleep(time.Minute)
		if i.Synced() || len(i.Devices()) > 0 {
			t.Error("a stream that broke too early counts")
		}
		s.stream(device("b"), synced())
		<-changed
		equal(t, "devices", names(i), "b")
	})
}

func TestBackoffGrowsAndIsReset(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		began := time.Now()
		for range 4 {
			close(s.stream())
		}
		for len(s.streams) > 0 {
			time.Sleep(time.Millisecond)
		}
		if got := time.Since(began); got < 700*time.Millisecond || got > 710*time.Millisecond {
			t.Errorf("the fourth stream came after %v, want 100+200+400 ms", got)
		}
		close(s.stream(synced()))
		time.Sleep(time.Second)
		s.stream(synced())
		time.Sleep(110 * time.Millisecond)
		if !i.Synced() {
			t.Error("the pause is not short again after a stream that worked")
		}
	})
}

func TestMoreThanANodeCanHave(t *testing.T) {
	run(t, func(t *testing.T, s *script, i *inventory.Inventory) {
		stream := s.stream(synced())
		synctest.Wait()
		for k := range 9 {
			stream <- attached("u1", fmt.Sprintf("d%d", k), host)
		}
		synctest.Wait()
		if i.Synced() {
			t.Error("nine attachments of a claim were believed")
		}
	})
}
