package bench

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/cluster"
)

// PodGroup is the name of the group that takes a whole cluster.
const PodGroup = "pod"

// Rows and counts of the group.
const (
	podAlone     = "pod without a claim"
	podWithVeth  = "pod with a veth"
	prepareShare = "prepare, share of a pod's start"
	podlinkShare = "podlink, share of a pod's start"
	prepareMean  = "prepare, mean"
	podlinkMean  = "podlink, mean"
	readyMean    = "from the kubelet's call to ready in the pod, mean"
)

// A pod takes a second and more: there is one of each sort for twenty rounds of
// other rows, and at least a few.
const (
	roundsAPod = 20
	fewestPods = 3
)

// AddPods adds to what was measured on a cluster's node how long pods take there,
// from their creation to Ready, with the product as it is installed on it.
func AddPods(ctx context.Context, p report.Place, c *cluster.Cluster, rounds int) (report.Place, error) {
	count := max(fewestPods, rounds/roundsAPod)
	g, err := pods(ctx, c, count)
	if err != nil {
		return p, fmt.Errorf("%s: %w", PodGroup, err)
	}
	g.Name, g.Rounds = PodGroup, count
	p.Groups = append(p.Groups, g)
	p.Goals = goals(p.Groups)
	return p, nil
}

func pods(ctx context.Context, c *cluster.Cluster, count int) (report.Group, error) {
	api := c.Client()
	template, err := api.ResourceV1().ResourceClaimTemplates(metav1.NamespaceDefault).Create(ctx, vethTemplate(), metav1.CreateOptions{})
	if err != nil {
		return report.Group{}, fmt.Errorf("make a claim template: %w", err)
	}
	before, err := newDriverTimes(ctx, c)
	if err != nil {
		return report.Group{}, err
	}
	plain, withVeth := podWith("bench"), podWith("bench-veth", template)
	samples, err := measure.Rounds(ctx, count,
		measure.Step{Name: podAlone, Do: func(ctx context.Context) (time.Duration, error) { return startPod(ctx, api, plain) }},
		measure.Step{Name: podWithVeth, Do: func(ctx context.Context) (time.Duration, error) { return startPod(ctx, api, withVeth) }},
	)
	if err != nil {
		return report.Group{}, err
	}
	after, err := newDriverTimes(ctx, c)
	if err != nil {
		return report.Group{}, err
	}
	g, err := groupOf("A pod from its creation to Ready, one at a time, and what of that the driver says was its own. The prepare has the kubelet helper's read of the API server in it.", samples,
		row{podWithVeth, []string{podAlone}})
	g.Counts = shares(after.since(before), samples[podWithVeth].Median())
	return g, err
}

// shares are what the driver's times are of a pod's start.
func shares(t driverTimes, pod time.Duration) []report.Count {
	return []report.Count{
		{Name: prepareShare, Value: 100 * t.prepare.mean() / pod.Seconds(), Unit: "%"},
		{Name: podlinkShare, Value: 100 * t.podlink.mean() / pod.Seconds(), Unit: "%"},
		{Name: prepareMean, Value: 1000 * t.prepare.mean(), Unit: "ms"},
		{Name: podlinkMean, Value: 1000 * t.podlink.mean(), Unit: "ms"},
		{Name: readyMean, Value: 1000 * t.ready.mean(), Unit: "ms"},
	}
}
