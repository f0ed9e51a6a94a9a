package watch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/watch"
)

func at(key string, l netagentv1.Location) *netagentv1.Attachment {
	return &netagentv1.Attachment{ClaimUid: "c", Key: key, Location: l}
}

// say is a message in a word.
func say(m *netagentv1.WatchResponse) string {
	switch e := m.GetEvent().(type) {
	case *netagentv1.WatchResponse_Device:
		return "device " + e.Device.GetName()
	case *netagentv1.WatchResponse_Attachment:
		return e.Attachment.GetKey() + " " + e.Attachment.GetLocation().String()
	case *netagentv1.WatchResponse_AttachmentGone:
		return e.AttachmentGone.GetKey() + " gone"
	}
	return "synced"
}

func TestStateThenSyncedThenChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New()
		h.SetDevice(&netagentv1.NodeDevice{Name: "virtual"})
		h.SetAttachment(at("a", netagentv1.Location_LOCATION_HOST))
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		done := make(chan error)
		go func() {
			done <- h.Watch(ctx, func(m *netagentv1.WatchResponse) error { got = append(got, say(m)); return nil })
		}()
		for _, change := range []func(){
			func() { h.SetAttachment(at("a", netagentv1.Location_LOCATION_POD)) },
			func() { h.SetAttachment(at("a", netagentv1.Location_LOCATION_POD)) }, // no change
			func() { h.DropAttachment("c", "a") },
			func() { h.DropAttachment("c", "a") },
		} {
			synctest.Wait()
			change()
		}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch: %v", err)
		}
		want := "[a LOCATION_HOST device virtual synced a LOCATION_POD a gone]"
		if fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})
}

// TestSlowReaderGetsTheNewest holds a reader up while one object changes often.
func TestSlowReaderGetsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.New()
		held := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		done := make(chan error)
		go func() {
			done <- h.Watch(ctx, func(m *netagentv1.WatchResponse) error {
				got = append(got, say(m))
				<-held
				return nil
			})
		}()
		synctest.Wait()
		for range 1000 {
			h.SetAttachment(at("a", netagentv1.Location_LOCATION_HOST))
			h.SetAttachment(at("a", netagentv1.Location_LOCATION_POD))
		}
		h.SetAttachment(at("a", netagentv1.Location_LOCATION_LOST))
		close(held)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if fmt.Sprint(got) != "[synced a LOCATION_LOST]" {
			t.Errorf("got %v", got)
		}
	})
}

func TestSendErrorEndsTheWatch(t *testing.T) {
	broken := errors.New("broken")
	err := watch.New().Watch(t.Context(), func(*netagentv1.WatchResponse) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
