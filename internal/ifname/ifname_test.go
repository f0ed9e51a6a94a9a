package ifname_test

import (
	"testing"

	"github.com/hawser-dra/hawser/internal/ifname"
)

func TestCheck(t *testing.T) {
	for name, ok := range map[string]bool{
		"net1": true, "a": true, "eth0.100": true, "data-net_0": true, "exactly15bytes_": true,
		"": false, ".": false, "..": false, "sixteen-bytes-xx": false,
		"a/b": false, "a:b": false, "net%d": false, "a b": false, "a\tb": false, "a\x00b": false, "a\x7fb": false, "nét": false,
	} {
		if err := ifname.Check(name); (err == nil) != ok {
			t.Errorf("Check(%q) = %v, want ok %v", name, err, ok)
		}
	}
}
