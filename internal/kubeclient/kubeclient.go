// Package kubeclient says how the driver asks the API server, wherever that is.
package kubeclient

import (
	"k8s.io/client-go/rest"

	"github.com/hawser-dra/hawser/internal/version"
)

// DefaultQPS and DefaultBurst are how many requests the driver makes a second,
// and at once. They are set on purpose: client-go's own limit, 5 a second, makes a
// burst of pods wait longer for the driver than for everything else.
const (
	DefaultQPS   = 200
	DefaultBurst = 400
)

// Configure makes of a way to the API server the driver's: its limits, its name,
// and protobuf, which the claim's read in each prepare is cheapest in.
func Configure(c *rest.Config, qps float64, burst int) {
	c.QPS, c.Burst = float32(qps), burst
	c.ContentType = "application/vnd.kubernetes.protobuf"
	c.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	c.UserAgent = "hawser/" + version.Version
}
