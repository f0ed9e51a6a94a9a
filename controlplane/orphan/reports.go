package orphan

import (
	"context"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// reports holds, by claim, what was said of it, so that it is said once.
type reports map[string]string

// once logs err unless it was logged of that claim before.
func (r reports) once(ctx context.Context, claimUID, msg string, err error) {
	if err == nil {
		delete(r, claimUID)
		return
	}
	if r[claimUID] != err.Error() {
		r[claimUID] = err.Error()
		logging.From(ctx).Warn(msg, "claimUID", claimUID, "err", err)
	}
}

// keep forgets claims that are not in found.
func (r reports) keep(found map[string]bool) {
	for uid := range r {
		if !found[uid] {
			delete(r, uid)
		}
	}
}
