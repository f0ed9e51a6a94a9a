package plugin_test

import (
	"fmt"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
)

// How long a prepare and unprepare take must not depend on how many claims are
// prepared already.
func BenchmarkPrepare(b *testing.B) {
	for _, others := range []int{0, 1000} {
		b.Run(fmt.Sprintf("beside-%d", others), func(b *testing.B) {
			p := newNode(b).start(b, nil)
			for i := range others {
				mustPrepare(b, p, newClaim(i+2, fmt.Sprintf("p%d", i), `{"kind": "dummy"}`))
			}
			c := newClaim(1, "mine", `{"kind": "dummy"}`)
			calls := []*resourceapi.ResourceClaim{c}
			for b.Loop() {
				mustPrepare(b, p, calls...)
				unprepare(b, p, calls...)
			}
		})
	}
}
