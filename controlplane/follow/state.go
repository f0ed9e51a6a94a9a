package follow

import (
	"slices"
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/controlplane/inventory"
)

// complete says whether all devices of r are known. When some are not, either
// netagent has more to say, or the claim was detached, by a reboot too: the
// kubelet then prepares it again or not at all.
func complete(r *record.Record, attachments []*netagentv1.Attachment) bool {
	for i := range r.Devices {
		for _, key := range handler.Keys(&r.Devices[i]) {
			if !slices.ContainsFunc(attachments, func(a *netagentv1.Attachment) bool { return a.GetKey() == key }) {
				return false
			}
		}
	}
	return true
}

// lost is how many links are.
func lost(attachments []*netagentv1.Attachment) (n int) {
	for _, a := range attachments {
		if a.GetLocation() == netagentv1.Location_LOCATION_LOST {
			n++
		}
	}
	return n
}

// locations is for the log: "d0=pod d1=host".
func locations(attachments []*netagentv1.Attachment) string {
	var words []string
	for _, a := range attachments {
		words = append(words, a.GetKey()+"="+inventory.LocationName(a.GetLocation()))
	}
	return strings.Join(words, " ")
}
