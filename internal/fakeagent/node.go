package fakeagent

import (
	"context"
	"maps"
	"slices"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Move takes the link of a device into a pod, as a runtime does.
func (a *Agent) Move(claimUID, key string) {
	a.locate(claimUID, key, netagentv1.Location_LOCATION_POD)
}

// EndNamespace ends the namespace that the link of a device is in. What was lent
// comes home, under the name it had there before.
func (a *Agent) EndNamespace(claimUID, key string) {
	a.mu.Lock()
	lent := lentName(a.claims[claimUID][key].request) != ""
	a.mu.Unlock()
	if lent {
		a.locate(claimUID, key, netagentv1.Location_LOCATION_HOST)
		return
	}
	a.locate(claimUID, key, netagentv1.Location_LOCATION_LOST)
}

// Reboot forgets everything, as a node does.
func (a *Agent) Reboot() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for uid := range a.claims {
		a.change(uid)
	}
	a.claims = nil
}

func (a *Agent) locate(claimUID, key string, l netagentv1.Location) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.claims[claimUID][key].attachment.Location = l
	a.change(claimUID)
}

// Next blocks until attachments have changed and names their claims.
func (a *Agent) Next(ctx context.Context) ([]string, error) {
	for {
		uids, wake := a.takeChanged()
		if len(uids) > 0 {
			return uids, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wake:
		}
	}
}

// Attachments returns those of one claim, sorted by key.
func (a *Agent) Attachments(claimUID string) (all []*netagentv1.Attachment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := a.claims[claimUID]
	for _, key := range slices.Sorted(maps.Keys(of)) {
		all = append(all, clone(of[key].attachment))
	}
	return all
}

// AllAttachments returns every claim's.
func (a *Agent) AllAttachments() (all []*netagentv1.Attachment) {
	for _, uid := range a.uids() {
		all = append(all, a.Attachments(uid)...)
	}
	return all
}

// Synced is always true: nothing comes between the fake and its reader.
func (a *Agent) Synced() bool { return true }

func (a *Agent) uids() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.claims))
}

// change says that a claim has changed. The caller has the lock.
func (a *Agent) change(claimUID string) {
	if a.changed == nil {
		a.changed = map[string]bool{}
	}
	a.changed[claimUID] = true
	if a.wake != nil {
		close(a.wake)
		a.wake = nil
	}
}

// takeChanged returns the claims that have changed, or what to wait for.
func (a *Agent) takeChanged() ([]string, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	uids := slices.Sorted(maps.Keys(a.changed))
	a.changed = nil
	if a.wake == nil {
		a.wake = make(chan struct{})
	}
	return uids, a.wake
}
