package plugin

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// UnprepareResourceClaims takes the claims away, side by side.
func (p *Plugin) UnprepareResourceClaims(ctx context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	r := results[error]{}
	var wg sync.WaitGroup
	for _, c := range claims {
		wg.Go(func() { r.set(c.UID, p.unprepare(about(ctx, c.Namespace, c.Name, c.UID), string(c.UID))) })
	}
	wg.Wait()
	return r.all, nil
}

func (p *Plugin) unprepare(ctx context.Context, claimUID string) error {
	unlock, err := p.config.Locks.Lock(ctx, claimUID)
	if err != nil {
		return sentence(err)
	}
	defer unlock()
	if err := p.config.Steps.Detach(ctx, claimUID); err != nil {
		logging.From(ctx).Error("Unprepare failed, the kubelet will try again", "err", err)
		return sentence(err)
	}
	p.tell(func(s Status) { s.Forget(claimUID) })
	logging.From(ctx).Log(ctx, logging.Call, "Unprepared")
	return nil
}
