package handover_test

import (
	"testing"

	"github.com/hawser-dra/hawser/api/handover"
)

// FuzzRequest: what anybody who reaches the socket says is refused, or names a claim
// and a device and can be said again.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"claimUID":"` + claim + `","ibdev":"mlx5_0"}`))
	f.Add([]byte(`{"claimUID":"` + claim + `","ibdev":"../mlx5_0"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := handover.ParseRequest(b)
		if err != nil {
			return
		}
		again, err := handover.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := handover.ParseRequest(again); err != nil || same != r {
			t.Errorf("said again: %+v, %v", same, err)
		}
	})
}
