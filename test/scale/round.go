package scale

import (
	"context"
	"fmt"
	"strings"
	"time"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/controlplane/claim"
)

// Round is many pods that are created at once and wait for a node.
type Round struct {
	Way     string
	Group   string // of nodes
	Pods    int
	Seconds float64 // from the first one's creation until the last one is bound
	// CPU is what the programs of the control plane have used for each pod, in
	// milliseconds.
	CPU map[string]float64
	// Served are the API server's requests for each pod, of all who ask.
	Served served
}

// Rate is in pods a second.
func (r Round) Rate() float64 { return float64(r.Pods) / r.Seconds }

// schedule has pods scheduled, checks where they are, and lets use have a look at
// their claims before all are deleted.
func (r *run) schedule(ctx context.Context, w workload, use func([]resourceapi.ResourceClaim) error) (Round, error) {
	round := Round{Way: w.way, Group: w.group, Pods: w.pods}
	if err := w.prepare(ctx, r.client); err != nil {
		return round, err
	}
	before, err := servedBy(ctx, r.client)
	if err != nil {
		return round, err
	}
	used, err := r.cluster.CPUTime()
	if err != nil {
		return round, err
	}
	began := time.Now()
	if err := w.create(ctx, r.client); err != nil {
		return round, fmt.Errorf("create pods: %w", err)
	}
	nodes, last, err := r.bindings.wait(ctx, w.pods)
	if err != nil {
		return round, err
	}
	round.Seconds = last.Sub(began).Seconds()
	if round.CPU, err = r.cpuSince(used, w.pods); err != nil {
		return round, err
	}
	after, err := servedBy(ctx, r.client)
	if err != nil {
		return round, err
	}
	round.Served = after.since(before, w.pods)
	if w.way != withoutClaims {
		claims, err := allocated(ctx, r.client, nodes, w.fits)
		if err != nil {
			return round, err
		}
		if err := use(claims); err != nil {
			return round, err
		}
	}
	return round, remove(ctx, r.client)
}

// cpuSince is the CPU time since a reading, for each of n pods.
func (r *run) cpuSince(before map[string]time.Duration, n int) (map[string]float64, error) {
	now, err := r.cluster.CPUTime()
	if err != nil {
		return nil, err
	}
	each := map[string]float64{}
	for program, used := range now {
		each[program] = float64((used - before[program]).Milliseconds()) / float64(n)
	}
	return each, nil
}

// fits says whether a device is what the workload's claims ask for.
func (w workload) fits(device string) bool {
	if w.claim.Devices.Requests[0].Exactly.DeviceClassName == functionsClass {
		return strings.HasPrefix(device, "vf-")
	}
	return device == claim.VirtualDevice
}

// rounds has the same pods scheduled with and without claims, in another order
// each time.
func (r *run) rounds(ctx context.Context, nodes []*node) (rounds []Round, lived Claims, err error) {
	spec, err := example(r.cfg.Repo, "macvlan.yaml")
	if err != nil {
		return nil, lived, err
	}
	for i := range r.cfg.Rounds {
		for j := range ways {
			w := workload{way: ways[(i+j)%len(ways)], group: typicalGroup, pods: r.cfg.Pods, claim: spec}
			round, err := r.schedule(ctx, w, func(claims []resourceapi.ResourceClaim) (err error) {
				if lived.Claims == 0 {
					lived, err = r.live(ctx, nodes, claims)
				}
				return err
			})
			if err != nil {
				return rounds, lived, fmt.Errorf("%d pods %s: %w", w.pods, w.way, err)
			}
			r.tell("%d pods %s: %.0f a second", w.pods, w.way, round.Rate())
			rounds = append(rounds, round)
		}
	}
	return rounds, lived, nil
}

// functionRounds has pods with virtual functions scheduled on nodes that have few
// and on as many nodes that have many.
func (r *run) functionRounds(ctx context.Context) (rounds []Round, err error) {
	keep := func([]resourceapi.ResourceClaim) error { return nil }
	for i := range r.cfg.Rounds {
		groups := []string{fewGroup, denseGroup}
		for j := range groups {
			w := workload{
				way: withClaims, group: groups[(i+j)%len(groups)], claim: functionClaim(),
				pods: r.cfg.Dense * functionsInFew / 2, // half of what the fewer nodes have room for
			}
			round, err := r.schedule(ctx, w, keep)
			if err != nil {
				return rounds, fmt.Errorf("%d pods with virtual functions of the group %s: %w", w.pods, w.group, err)
			}
			r.tell("%d pods with virtual functions of the group %s: %.0f a second", w.pods, w.group, round.Rate())
			rounds = append(rounds, round)
		}
	}
	return rounds, nil
}
