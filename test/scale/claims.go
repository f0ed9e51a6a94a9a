package scale

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Claims is what drivers ask for while claims live on their nodes: prepared, in a
// pod, taken back.
type Claims struct {
	Claims int
	Phase  Phase
}

// lives is how many claims are enough to know what each costs.
const lives = 200

// live takes some of the claims, which are allocated to nodes, through their life.
func (r *run) live(ctx context.Context, nodes []*node, claims []resourceapi.ResourceClaim) (Claims, error) {
	claims = claims[:min(len(claims), lives)]
	of := map[string]*node{}
	for _, n := range nodes {
		of[n.Name] = n
	}
	phase, err := measure(nodes, func() error {
		group, living := errgroup.WithContext(ctx)
		for _, c := range claims {
			group.Go(func() error {
				if err := r.liveOne(living, of[c.Status.Allocation.Devices.Results[0].Pool].driver(), &c); err != nil {
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
	r.tell("%d claims have lived", len(claims))
	return Claims{len(claims), phase}, err
}

func (r *run) liveOne(ctx context.Context, d *driver, c *resourceapi.ResourceClaim) error {
	if err := d.prepare(ctx, c); err != nil {
		return err
	}
	if err := r.told(ctx, c, "Prepared"); err != nil {
		return err
	}
	if err := d.enterPod(c); err != nil {
		return err
	}
	if err := r.told(ctx, c, "InPod"); err != nil {
		return err
	}
	return d.unprepare(ctx, c)
}

// told waits until the claim's status has a reason.
func (r *run) told(ctx context.Context, c *resourceapi.ResourceClaim, reason string) error {
	return poll(ctx, func() (bool, error) {
		now, err := r.client.ResourceV1().ResourceClaims(c.Namespace).Get(ctx, c.Name, metav1.GetOptions{})
		if err != nil || len(now.Status.Devices) == 0 {
			return false, err
		}
		for _, condition := range now.Status.Devices[0].Conditions {
			if condition.Reason == reason {
				return true, nil
			}
		}
		return false, nil
	})
}
