package orphan

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	resourceclient "k8s.io/client-go/kubernetes/typed/resource/v1"
)

// pageSize keeps one answer of the API server small.
const pageSize = 500

// directory finds claims of which only the UID is known. It lists the
// cluster's claims, at most once and only when it is asked.
type directory struct {
	claims resourceclient.ResourceClaimsGetter
	// wanted are all UIDs that may be asked for: the rest is not kept.
	wanted map[string]bool
	found  map[string]*resourceapi.ResourceClaim
	err    error
}

// lookUp returns nil when there is no claim of that UID.
func (d *directory) lookUp(ctx context.Context, uid string) (*resourceapi.ResourceClaim, error) {
	if d.found == nil {
		d.found = map[string]*resourceapi.ResourceClaim{}
		d.err = d.list(ctx)
	}
	return d.found[uid], d.err
}

func (d *directory) list(ctx context.Context) error {
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := d.claims.ResourceClaims(metav1.NamespaceAll).List(ctx, options)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if uid := string(page.Items[i].UID); d.wanted[uid] {
				d.found[uid] = &page.Items[i]
			}
		}
		if page.Continue == "" {
			return nil
		}
		options.Continue = page.Continue
	}
}
