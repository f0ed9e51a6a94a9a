// Package ifname says which names a network interface may have.
package ifname

import "fmt"

// MaxLength is IFNAMSIZ less the closing zero byte (linux/if.h).
const MaxLength = 15

// Reserved are names that are in each pod before the driver's interfaces come, or
// that mean something else to the kernel (net.ipv4.conf.all).
var Reserved = []string{"lo", "eth0", "all", "default"}

// Check returns an error that says what is wrong with name. It refuses more
// than the kernel does: '%' is a pattern when a link is renamed, and control
// characters only serve to deceive readers of logs.
func Check(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("must not be empty")
	case len(name) > MaxLength:
		return fmt.Errorf("must be at most %d bytes, has %d", MaxLength, len(name))
	case name == "." || name == "..":
		return fmt.Errorf("must not be %q", name)
	}
	for _, r := range name {
		if r == '/' || r == ':' || r == '%' || r <= ' ' || r >= 0x7f {
			return fmt.Errorf("must not contain %q: letters, digits, '-', '_' and '.' are safe", r)
		}
	}
	return nil
}
