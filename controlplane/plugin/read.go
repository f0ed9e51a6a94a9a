package plugin

import (
	"context"
	"maps"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// beginAll begins a call for each claim, by UID. The kubelet's call came earlier:
// until now the helper has read the claims.
func (p *Plugin) beginAll(ctx context.Context, rcs []*resourceapi.ResourceClaim, now time.Time) map[string]*call {
	calls := map[string]*call{}
	for _, rc := range rcs {
		c := p.begin(ctx, "NodePrepare", kubeletplugin.NamespacedObject{
			NamespacedName: types.NamespacedName{Namespace: rc.Namespace, Name: rc.Name}, UID: rc.UID,
		}, now)
		if now.After(c.began) {
			tracing.Was(c.ctx, "read claim", c.began, now, nil)
		}
		calls[string(rc.UID)] = c
	}
	return calls
}

// decode reads the claims of a call. Those that it refuses are in refused, by
// UID.
func (p *Plugin) decode(calls map[string]*call, rcs []*resourceapi.ResourceClaim, began time.Time) (claims []*claim.Claim, refused map[string]error) {
	refused = map[string]error{}
	for _, rc := range rcs {
		d := claim.Decoder{Driver: p.config.Driver, Device: p.devices(rc), NoPodlink: p.config.NoPodlink}
		c, err := d.Decode(rc)
		call := calls[string(rc.UID)]
		now := time.Now()
		tracing.Was(call.ctx, "decode", began, now, err)
		began = now
		if err != nil {
			refused[string(rc.UID)] = err
			continue
		}
		call.kind = kindOf(c)
		claims = append(claims, c)
	}
	return claims, refused
}

// devices finds the devices of the node that a claim was given. Those of a claim
// that is prepared already are as they were told of then: they are part of what
// netagent was asked for.
func (p *Plugin) devices(rc *resourceapi.ResourceClaim) func(name string) *netagentv1.NodeDevice {
	r, err := p.config.Records.Get(string(rc.UID))
	return func(name string) *netagentv1.NodeDevice {
		if err == nil && r != nil {
			if node, ok := steps.NodeDevice(r, name); ok {
				return node
			}
		}
		if p.config.Device == nil {
			return nil
		}
		return p.config.Device(name)
	}
}

// name gives the claims' interfaces their names, all at once: they are those of
// one pod. It adds to refused.
func (p *Plugin) name(calls map[string]*call, claims []*claim.Claim, refused map[string]error) (release func()) {
	began := time.Now()
	unnamed, release := p.names.Assign(claims, p.config.Records)
	now := time.Now()
	for _, c := range claims {
		tracing.Was(calls[c.UID].ctx, "names", began, now, unnamed[c.UID])
	}
	maps.Copy(refused, unnamed)
	return release
}
