package report_test

import (
	"testing"

	"github.com/hawser-dra/hawser/api/report"
)

// FuzzParse: a datagram of anybody who reaches the socket is refused, or can be
// sent again as it is.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"claimUID":"6f0b8a44-97e2-4d2c-8d5f-000000000001","device":"d0","outcome":"ready","interface":"net1","mac":"02:00:00:00:00:01","addresses":["192.0.2.1/24"],"start":"2026-01-01T00:00:00Z","end":"2026-01-01T00:00:01Z"}`))
	f.Add([]byte(`{"claimUID":"6f0b8a44-97e2-4d2c-8d5f-000000000001","device":"d0","outcome":"failed","error":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := report.Parse(b)
		if err != nil {
			return
		}
		again, err := r.Marshal()
		if err != nil {
			t.Skip("a time that JSON cannot say, or an error that grows when it is written")
		}
		if _, err := report.Parse(again); err != nil {
			t.Errorf("sent again: %v", err)
		}
	})
}
