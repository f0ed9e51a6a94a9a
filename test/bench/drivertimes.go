package bench

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/product"
)

// driverTimes are what a driver in a cluster has counted of its work.
type driverTimes struct{ prepare, ready, podlink total }

// total is how often something was done and how long that took together.
type total struct{ times, seconds float64 }

// mean is in seconds.
func (t total) mean() float64 { return t.seconds / max(1, t.times) }

func (t total) minus(o total) total { return total{t.times - o.times, t.seconds - o.seconds} }

func (t driverTimes) since(o driverTimes) driverTimes {
	return driverTimes{t.prepare.minus(o.prepare), t.ready.minus(o.ready), t.podlink.minus(o.podlink)}
}

// newDriverTimes asks the driver for its metrics, and its log for podlink's runs,
// which have no metric of their own.
func newDriverTimes(ctx context.Context, c *cluster.Cluster) (t driverTimes, err error) {
	metrics, err := driverSays(ctx, c, "exec", "--", "/dra-driver", "metrics")
	if err != nil {
		return t, err
	}
	if t.prepare, err = histogram(metrics, "hawser_prepare_duration_seconds"); err != nil {
		return t, err
	}
	if t.ready, err = histogram(metrics, "hawser_ready_duration_seconds"); err != nil {
		return t, err
	}
	log, err := driverSays(ctx, c, "logs", "--tail=-1")
	if err != nil {
		return t, err
	}
	t.podlink, err = podlinkRuns(log)
	return t, err
}

// driverSays runs kubectl on the driver's container.
func driverSays(ctx context.Context, c *cluster.Cluster, verb string, args ...string) (string, error) {
	k := c.Kubectl(ctx, append([]string{verb, "-n", product.Namespace, "daemonset/" + product.DaemonSet, "-c", "driver"}, args...)...)
	out, err := k.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w", verb, err)
	}
	return string(out), nil
}

// histogram adds up one of whatever labels. A histogram that is not there has
// counted nothing yet.
func histogram(metrics, name string) (t total, err error) {
	for line := range strings.Lines(metrics) {
		for suffix, sum := range map[string]*float64{"_count": &t.times, "_sum": &t.seconds} {
			rest, ok := strings.CutPrefix(line, name+suffix)
			if !ok {
				continue
			}
			fields := strings.Fields(rest)
			value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			if err != nil {
				return t, fmt.Errorf("metric %s: %w", name, err)
			}
			*sum += value
		}
	}
	return t, nil
}

// podlinkRan is the driver's line for a run of podlink.
var podlinkRan = regexp.MustCompile(`msg="podlink ran".* took=(\S+)`)

func podlinkRuns(log string) (t total, err error) {
	for _, m := range podlinkRan.FindAllStringSubmatch(log, -1) {
		took, err := time.ParseDuration(m[1])
		if err != nil {
			return t, fmt.Errorf("podlink's time in the driver's log: %w", err)
		}
		t.times++
		t.seconds += took.Seconds()
	}
	return t, nil
}
