package orphan

import (
	"context"
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/api/record"
)

// judge says why a claim is an orphan; "" is that it is none. The caller holds
// the claim's lock, so that what it reads here is not being prepared.
func (c *Collector) judge(ctx context.Context, uid string, d *directory) (why string, err error) {
	r, err := c.config.Records.Get(uid)
	if err != nil {
		return "", err
	}
	var rc *resourceapi.ResourceClaim
	if r != nil {
		rc, err = c.recorded(ctx, r.Claim)
	} else {
		rc, err = d.lookUp(ctx, uid)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("ask the API server: %w", err)
	case rc == nil:
		return "the claim is deleted", nil
	case !c.here(rc):
		return "the claim is not allocated to this node", nil
	}
	return "", nil
}

// anyVersion has the API server answer from its memory, which may be a moment old.
const anyVersion = "0"

// recorded returns the claim of a record, or nil when there is none of its UID.
// Nearly all are where they were, each time on each node: that an old answer is good
// enough for. One that makes the claim an orphan is asked for again.
func (c *Collector) recorded(ctx context.Context, of record.Claim) (*resourceapi.ResourceClaim, error) {
	rc, err := c.get(ctx, of, anyVersion)
	if err == nil && rc != nil && c.here(rc) {
		return rc, nil
	}
	return c.get(ctx, of, "")
}

func (c *Collector) get(ctx context.Context, of record.Claim, version string) (*resourceapi.ResourceClaim, error) {
	rc, err := c.config.Claims.ResourceClaims(of.Namespace).Get(ctx, of.Name, metav1.GetOptions{ResourceVersion: version})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil || string(rc.UID) == of.UID {
		return rc, err
	}
	return nil, nil
}

// here says whether the claim has a device of this node.
func (c *Collector) here(rc *resourceapi.ResourceClaim) bool {
	if rc.Status.Allocation == nil {
		return false
	}
	return slices.ContainsFunc(rc.Status.Allocation.Devices.Results, func(r resourceapi.DeviceRequestAllocationResult) bool {
		return r.Driver == c.config.Driver && r.Pool == c.config.Node
	})
}
