package scale

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Claims is what drivers ask for while claims live on their nodes.
type Claims struct {
	Claims int
	// Life: prepared, in a pod, and in the end taken back.
	Life Phase
	// Update of the drivers meanwhile.
	Update Phase
}

// lives is how many claims are enough to know what each costs.
const lives = 200

// live takes some of the claims, which are allocated to nodes, through their life.
func (r *run) live(ctx context.Context, nodes []*node, claims []resourceapi.ResourceClaim) (result Claims, err error) {
	claims = claims[:min(len(claims), lives)]
	of, holders := map[string]*node{}, []*node{}
	for _, n := range nodes {
		if slices.ContainsFunc(claims, func(c resourceapi.ResourceClaim) bool { return poolOf(&c) == n.Name }) {
			of[n.Name], holders = n, append(holders, n)
		}
	}
	result.Claims = len(claims)
	begin, err := r.forClaims(ctx, holders, claims, func(ctx context.Context, c *resourceapi.ResourceClaim) error {
		return r.begin(ctx, of[poolOf(c)].driver(), c)
	})
	if err != nil {
		return result, err
	}
	if result.Update, err = r.update(ctx, holders); err != nil {
		return result, err
	}
	end, err := r.forClaims(ctx, holders, claims, func(ctx context.Context, c *resourceapi.ResourceClaim) error {
		return of[poolOf(c)].driver().unprepare(ctx, c)
	})
	result.Life = Phase{len(holders), begin.Seconds + end.Seconds, begin.Traffic.Plus(end.Traffic)}
	r.tell("%d claims have lived on %d nodes", len(claims), len(holders))
	return result, err
}

// forClaims does something for each claim and waits until the drivers rest.
func (r *run) forClaims(ctx context.Context, nodes []*node, claims []resourceapi.ResourceClaim,
	do func(context.Context, *resourceapi.ResourceClaim) error,
) (Phase, error) {
	return measure(nodes, func() error {
		group, each := errgroup.WithContext(ctx)
		for _, c := range claims {
			group.Go(func() error {
				if err := do(each, &c); err != nil {
					return fmt.Errorf("claim %s: %w", c.Name, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		return sleep(ctx, settle)
	})
}

// begin has a claim prepared and in its pod, which starts at once.
func (r *run) begin(ctx context.Context, d *driver, c *resourceapi.ResourceClaim) error {
	if err := d.prepare(ctx, c); err != nil {
		return err
	}
	if err := d.enterPod(c); err != nil {
		return err
	}
	return r.toldInPod(ctx, c)
}

// poolOf is the node that the claim's device is on.
func poolOf(c *resourceapi.ResourceClaim) string { return c.Status.Allocation.Devices.Results[0].Pool }

// toldInPod waits until the claim's status says that its device is in the pod.
func (r *run) toldInPod(ctx context.Context, c *resourceapi.ResourceClaim) error {
	return poll(ctx, func() (bool, error) {
		now, err := r.client.ResourceV1().ResourceClaims(c.Namespace).Get(ctx, c.Name, metav1.GetOptions{})
		if err != nil || len(now.Status.Devices) == 0 {
			return false, err
		}
		for _, condition := range now.Status.Devices[0].Conditions {
			if condition.Reason == "InPod" {
				return true, nil
			}
		}
		return false, nil
	})
}
