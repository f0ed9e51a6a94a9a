package sysfs

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// PCI returns the PCI function that the device at a path is, or hangs under, as
// a virtio card does; nil if none. See [FS.Resolve] for the path.
func (s FS) PCI(name string) *netagentv1.PciFunction {
	real, ok := s.Resolve(name)
	if !ok {
		return nil
	}
	parts := strings.Split(real, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if function.MatchString(parts[i]) {
			return s.function(parts[i], parts[:i])
		}
	}
	return nil
}

// function describes one, which is below the devices of above.
func (s FS) function(address string, above []string) *netagentv1.PciFunction {
	dir := functionDir(address)
	f := &netagentv1.PciFunction{
		Address:  address,
		NumaNode: int32(s.number(dir+"/numa_node", -1)),
		VendorId: hex4(s.text(dir + "/vendor")),
		DeviceId: hex4(s.text(dir + "/device")),
		Driver:   s.base(dir + "/driver"),
	}
	if i := slices.IndexFunc(above, root.MatchString); i >= 0 {
		f.Root = above[i]
	}
	return f
}

// DevicePath is where a device is that the kernel names by bus and name, as a
// link's parent device.
func DevicePath(bus, device string) string { return path.Join("bus", bus, "devices", device) }

func functionDir(address string) string { return DevicePath("pci", address) }

// Driver is the name of the driver that a device is bound to; "" if none.
func (s FS) Driver(bus, device string) string { return s.base(DevicePath(bus, device) + "/driver") }

// hex4 is an ID without its 0x.
func hex4(s string) string { return strings.TrimPrefix(s, "0x") }

// PhysicalOf returns the address of the physical function that address is a
// virtual one of; "" if it is none.
func (s FS) PhysicalOf(address string) string { return s.base(functionDir(address) + "/physfn") }

// VFs returns the virtual functions of a physical one, by index.
func (s FS) VFs(physical string) map[int]string {
	entries, err := fs.ReadDir(s.files, functionDir(physical))
	if err != nil {
		return nil
	}
	vfs := map[int]string{}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "virtfn")
		index, err := strconv.Atoi(digits)
		if !ok || err != nil {
			continue
		}
		if vf := s.base(functionDir(physical) + "/" + e.Name()); vf != "" {
			vfs[index] = vf
		}
	}
	return vfs
}

// MaxVFs is how many virtual functions a physical one can have; 0 for what has
// none.
func (s FS) MaxVFs(physical string) int {
	return s.number(functionDir(physical)+"/sriov_totalvfs", 0)
}

// NumVFsPath is the file that says, and sets, how many virtual functions a
// physical one has.
func NumVFsPath(physical string) string { return functionDir(physical) + "/sriov_numvfs" }
