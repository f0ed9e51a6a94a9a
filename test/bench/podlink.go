package bench

import (
	"context"
	"os/exec"

	resourceapi "k8s.io/api/resource/v1"
	"tags.cncf.io/container-device-interface/specs-go"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

const (
	trueRow     = "run /bin/true"
	emptyRow    = "run podlink, for its version"
	checkRow    = "podlink, door check alone"
	settingsRow = "podlink, 10 settings"
)

// settings are a claim with ten of them.
const settings = `{"type": "netdev", "netdev": {"kind": "veth", "interfaceName": "net2",
	"addresses": ["198.51.100.15/24", "198.51.100.16/24", "2001:db8:2::15/64"],
	"routes": [{"destination": "10.64.0.0/10", "gateway": "198.51.100.1"}, {"destination": "0.0.0.0/0", "gateway": "198.51.100.1", "table": 100}],
	"rules": [{"priority": 100, "source": "198.51.100.15/32", "table": 100}],
	"neighbors": [{"address": "198.51.100.1", "macAddress": "02:00:5e:10:00:01"}],
	"sysctls": {"ipv4.arp_notify": 1, "ipv4.rp_filter": 2, "ipv6.keep_addr_on_down": 1}}}`

// podlink measures the hook's run at each container create, beside that of a
// program that does nothing.
func (p *place) podlink(ctx context.Context) (report.Group, error) {
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return report.Group{}, err
	}
	defer n.close()
	pod, err := n.node.NewPod()
	if err != nil {
		return report.Group{}, err
	}
	defer pod.Close()
	bare, err := n.hookOf(ctx, pod, veth.devices(1)[0])
	if err != nil {
		return report.Group{}, err
	}
	full, err := n.hookOf(ctx, pod, settings)
	if err != nil {
		return report.Group{}, err
	}
	samples, err := measure.Rounds(ctx, p.Rounds,
		measure.Timed(trueRow, func(context.Context) error { return pod.Do(exec.Command("/bin/true").Run) }),
		measure.Timed(emptyRow, func(context.Context) error { return pod.Run(bare.Path, "--version") }),
		measure.Timed(checkRow, func(context.Context) error { return pod.Run(bare.Path, bare.Args[1:]...) }),
		measure.Timed(settingsRow, func(context.Context) error { return pod.Run(full.Path, full.Args[1:]...) }),
	)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("The hook's run, which a runtime waits for at each container create.", samples,
		row{emptyRow, []string{trueRow}}, row{checkRow, []string{emptyRow}}, row{settingsRow, []string{emptyRow}})
}

// hookOf prepares a claim whose link goes to the pod, and returns the hook that
// its spec has.
func (c *called) hookOf(ctx context.Context, pod *rig.Pod, parameters string) (*specs.Hook, error) {
	claim, err := c.node.Claim(ctx, parameters)
	if err != nil {
		return nil, err
	}
	if err := c.kubelet.Prepare(ctx, claim); err != nil {
		return nil, err
	}
	return c.hook(pod, claim)
}

func (c *called) hook(pod *rig.Pod, claim *resourceapi.ResourceClaim) (*specs.Hook, error) {
	edits, err := c.node.Edits(claim)
	if err != nil {
		return nil, err
	}
	return edits.Hooks[0], pod.Take(claim)
}
