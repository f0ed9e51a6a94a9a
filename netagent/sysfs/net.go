package sysfs

// Speed of a link of the host in Mbit/s; 0 is unknown: the kernel says nothing
// of a link that is down.
func (s FS) Speed(link string) uint32 {
	return uint32(max(0, s.number("class/net/"+link+"/speed", 0)))
}

// How a link's address came about, see linux/netdevice.h.
const (
	AddressPermanent = 0 // the device's own, or given to a virtual function from outside
	AddressUnknown   = -1
)

// AddressType says how the address of a link of the host came about.
func (s FS) AddressType(link string) int {
	return s.number("class/net/"+link+"/addr_assign_type", AddressUnknown)
}
