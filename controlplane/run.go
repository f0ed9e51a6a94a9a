package controlplane

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/slices"
)

// run runs the parts until the context ends or one of them fails. The kubelet's
// calls are answered from when the claims of an earlier driver can be found;
// that netagent is there is each call's own concern.
func (p *parts) run(ctx context.Context) error {
	jobs, ctx := errgroup.WithContext(ctx)
	for _, job := range []func(context.Context) error{
		p.health.Run, p.podreports.Run, p.inventory.Run,
		p.follower.Run, p.orphans.Run, p.status.Run, p.runRelay, p.serveMetrics, p.serve,
	} {
		jobs.Go(func() error { return job(ctx) })
	}
	return jobs.Wait()
}

// serve answers the kubelet and publishes what the node has.
func (p *parts) serve(ctx context.Context) error {
	helper, err := kubeletplugin.Start(ctx, p.plugin, p.kubeletOptions()...)
	if err != nil {
		return fmt.Errorf("kubelet plugin: %w", err)
	}
	defer helper.Stop()
	if p.cfg.DeviceMetadata {
		p.metadata.helper.Store(helper)
	}
	return slices.New(slices.Config{
		Driver: p.cfg.DriverName, Node: p.cfg.NodeName, Slots: p.cfg.Slots, TaintLinkDown: p.cfg.TaintLinkDown,
		Inventory: p.inventory, Publisher: helper, Metrics: p.cfg.Telemetry.Metrics,
	}).Run(ctx)
}

func (p *parts) kubeletOptions() []kubeletplugin.Option {
	return append(p.metadata.options(),
		kubeletplugin.DriverName(p.cfg.DriverName),
		kubeletplugin.NodeName(p.cfg.NodeName),
		kubeletplugin.KubeClient(p.cfg.Client),
		kubeletplugin.RollingUpdate(types.UID(p.cfg.PodUID)),
		kubeletplugin.PluginDataDirectoryPath(p.cfg.PluginDir),
		kubeletplugin.RegistrarDirectoryPath(p.cfg.RegistryDir),
		kubeletplugin.GRPCInterceptor(p.registration.Intercept),
		kubeletplugin.GRPCInterceptor(plugin.Intercept),
		// Claims are independent and have a lock each.
		kubeletplugin.Serialize(false),
	)
}
