package nodeview

import (
	"io"
	"strings"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/controlplane/inventory"
)

// Where an attachment is, besides what netagent calls host, pod and lost.
const (
	none    = "none"    // netagent does not have it
	unknown = "unknown" // netagent could not be asked
)

// Claims are the devices that a node holds for claims.
type Claims []Held

// Held is one device of a claim, or one part of a combination.
type Held struct {
	// Claim is namespace/name; empty for what netagent has and no record tells of:
	// it is being made or taken away, or was left behind.
	Claim string `json:"claim,omitempty"`
	UID   string `json:"uid"`
	// Request is its name in the claim.
	Request string `json:"request,omitempty"`
	Kind    string `json:"kind,omitempty"`
	// Device is what was allocated, as in the ResourceSlice.
	Device string `json:"device,omitempty"`
	// Key tells the parts of a claim apart in netagent and in traces.
	Key string `json:"key"`
	// InPod is the interface's name in the pod, or the RDMA device's.
	InPod string `json:"inPod,omitempty"`
	// OnHost is the link's name on the host, which it leaves with its location.
	OnHost string `json:"onHost,omitempty"`
	// Location is host, pod or lost; none if netagent does not have it, unknown if
	// netagent does not answer.
	Location  string   `json:"location"`
	MAC       string   `json:"mac,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
}

// Claims returns what the node holds, by claim.
func (n *Node) Claims() Claims {
	all := Claims{}
	recorded := map[string]bool{}
	for _, r := range n.records {
		for i := range r.Devices {
			for _, key := range handler.Keys(&r.Devices[i]) {
				recorded[r.Claim.UID+"/"+key] = true
				all = append(all, n.held(r, &r.Devices[i], key))
			}
		}
	}
	for _, a := range n.attachments {
		if !recorded[a.GetClaimUid()+"/"+a.GetKey()] {
			all = append(all, Held{
				UID: a.GetClaimUid(), Key: a.GetKey(), OnHost: a.GetLink().GetName(),
				InPod: a.GetRdma().GetIbdev(), Location: inventory.LocationName(a.GetLocation()),
			})
		}
	}
	return all
}

func (n *Node) held(r *record.Record, d *record.Device, key string) Held {
	h := Held{
		Claim: nameOf(r.Claim), UID: r.Claim.UID, Request: d.Request, Kind: handler.KindOf(d), Device: d.Device,
		Key: key, Location: n.location(r.Claim.UID, key),
	}
	// A combination has an interface and, under a key of its own, an RDMA device.
	switch first := key == d.Key; {
	case d.Link != nil && first:
		h.InPod, h.OnHost, h.MAC = d.Link.Name, d.Link.HostName, d.Link.MAC
		for _, a := range d.Link.Addresses {
			h.Addresses = append(h.Addresses, a.Address)
		}
	case d.RDMA != nil:
		h.InPod = d.RDMA.IBDev
	}
	return h
}

func (n *Node) location(uid, key string) string {
	if !n.told {
		return unknown
	}
	for _, a := range n.attachments {
		if a.GetClaimUid() == uid && a.GetKey() == key {
			return inventory.LocationName(a.GetLocation())
		}
	}
	return none
}

// WriteText writes a table.
func (all Claims) WriteText(w io.Writer) error {
	rows := [][]string{{"CLAIM", "REQUEST", "KIND", "DEVICE", "IN POD", "ON HOST", "LOCATION", "ADDRESSES", "UID"}}
	for _, h := range all {
		rows = append(rows, []string{h.Claim, h.Request, h.Kind, h.Device, h.InPod, h.OnHost, h.Location, strings.Join(h.Addresses, ","), h.UID})
	}
	return writeTable(w, rows)
}
