// Package onenode tests driver and netagent together on the real kernel: the
// driver's parts that act on claims, and netagent as it is, over its socket,
// both in the test's process, once or, as in a rolling update, twice. The test is
// the kubelet, the container runtime and the pods.
package onenode

import (
	"testing"

	"github.com/hawser-dra/hawser/internal/testns"
)

func TestMain(m *testing.M) { testns.Main(m) }
