package inventory

import (
	"maps"
	"slices"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Synced says whether the state is complete and changes are being followed.
func (i *Inventory) Synced() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.synced
}

// Devices returns the node's devices, sorted by name.
func (i *Inventory) Devices() []*netagentv1.NodeDevice {
	i.mu.Lock()
	defer i.mu.Unlock()
	return byKey(i.last.devices)
}

// Device returns one of the node's devices, or nil.
func (i *Inventory) Device(name string) *netagentv1.NodeDevice {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last.devices[name]
}

// Attachments returns those of one claim, sorted by key.
func (i *Inventory) Attachments(claimUID string) []*netagentv1.Attachment {
	i.mu.Lock()
	defer i.mu.Unlock()
	return byKey(i.last.attachments[claimUID])
}

// AllAttachments returns every claim's, sorted by claim and key.
func (i *Inventory) AllAttachments() []*netagentv1.Attachment {
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []*netagentv1.Attachment
	for _, uid := range slices.Sorted(maps.Keys(i.last.attachments)) {
		all = append(all, byKey(i.last.attachments[uid])...)
	}
	return all
}

func byKey[V any](m map[string]V) []V {
	values := make([]V, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		values = append(values, m[k])
	}
	return values
}
