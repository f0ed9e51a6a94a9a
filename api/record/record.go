// Package record is the file that the driver keeps for each prepared claim,
// <claim UID>.alloc.json: what was allocated, how it was configured and what
// was made of it. The driver writes it and restores from it; podlink reads it
// at each container create. It depends on little but the standard library, so
// that podlink stays small.
//
// The file is input to a process that runs as root: [Parse] is strict and
// every part of it is bounded.
package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/hawser-dra/hawser/api/layer3"
)

const (
	// Version of the form. A reader refuses another one.
	Version = 1
	// Suffix of the file name, after the claim's UID.
	Suffix = ".alloc.json"
	// MaxSize of a file: 8 devices with a class's and a claim's configuration of
	// 10 KiB each (the API server's bound), as configured and as made of it.
	MaxSize = 320 * 1024
	// MaxDevices of a claim, as in netagent's API.
	MaxDevices = 8
	// MaxCharDevices of an RDMA device, as in netagent's API.
	MaxCharDevices = 16
	// MaxPods that may share a claim (resource.ResourceClaimReservedForMaxSize).
	MaxPods = 256
)

// Record is one prepared claim.
type Record struct {
	Version int   `json:"version"`
	Claim   Claim `json:"claim"`
	// Pods holds the UIDs of the pods that the claim was reserved for when it
	// was prepared.
	Pods []string `json:"pods,omitempty"`
	// HostNetns is the host's network namespace, as the driver sees it
	// (internal/netns): podlink refuses to work in it.
	HostNetns uint64   `json:"hostNetns"`
	Devices   []Device `json:"devices"`
}

// Claim names a ResourceClaim.
type Claim struct {
	UID       string `json:"uid"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Device is one allocation result and what was made of it.
type Device struct {
	// Key tells the claim's devices apart: d0, d1, … in the order of the
	// allocation.
	Key string `json:"key"`
	// Request is the name in the claim, with the subrequest's if there is one.
	Request string `json:"request"`
	Pool    string `json:"pool"`
	Device  string `json:"device"`
	ShareID string `json:"shareID,omitempty"`
	// CDI is the qualified name that the kubelet hands to the runtime.
	CDI string `json:"cdi"`
	// Config is the decoded configuration (api/config), for making the device
	// again.
	Config json.RawMessage `json:"config"`
	// Node is the allocated device of the node as netagent told of it
	// (api/netagent, as JSON); empty for the virtual device.
	Node json.RawMessage `json:"node,omitempty"`
	Link *Link           `json:"link,omitempty"`
	RDMA *RDMA           `json:"rdma,omitempty"`
}

// Link is a network interface.
type Link struct {
	// Name in the pod.
	Name string `json:"name"`
	// HostName in the host namespace.
	HostName string `json:"hostName"`
	// Alias is the owner mark that the link carries.
	Alias string `json:"alias"`
	MAC   string `json:"mac,omitempty"`
	// MTU in bytes.
	MTU uint32 `json:"mtu,omitempty"`
	// Settings to make in the pod.
	layer3.Settings
	// Offloads to set in the pod.
	Offloads *Offloads `json:"offloads,omitempty"`
}

// RDMA is an RDMA device.
type RDMA struct {
	IBDev       string       `json:"ibdev"`
	CharDevices []CharDevice `json:"charDevices,omitempty"`
	// Exclusive: it belongs to one network namespace, and must be in the pod's.
	Exclusive bool `json:"exclusive,omitempty"`
}

// CharDevice is a device file.
type CharDevice struct {
	Path  string `json:"path"`
	Major uint32 `json:"major"`
	Minor uint32 `json:"minor"`
}

// Parse reads a record and checks it. Unknown fields and anything after the
// record are errors.
func Parse(data []byte) (*Record, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("record has %d bytes, at most %d are allowed", len(data), MaxSize)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	r := new(Record)
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("record: more data after its end")
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return r, nil
}

// Marshal checks the record and writes it as JSON.
func (r *Record) Marshal() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("record has %d bytes, at most %d are allowed", len(b), MaxSize)
	}
	return b, nil
}

// Device returns the device with that key, or nil.
func (r *Record) Device(key string) *Device {
	for i := range r.Devices {
		if r.Devices[i].Key == key {
			return &r.Devices[i]
		}
	}
	return nil
}
