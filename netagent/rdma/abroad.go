package rdma

import (
	"path"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Abroad finds a device that is in another network namespace, and returns the
// numbers of its device files, which sysfs shows in every namespace. It is known by
// its name, or, if it was renamed there, by the file that it had; others are the
// names of devices that it is not.
func (r *Reader) Abroad(name string, had []*netagentv1.CharDevice, others map[string]bool) ([]*netagentv1.CharDevice, bool) {
	names := []string{name}
	for _, c := range had {
		names = append(names, r.text(path.Join(verbsClass, path.Base(c.GetPath()), "ibdev")))
	}
	for _, n := range names {
		d := Device{Name: n}
		if n == "" || others[n] {
			continue
		}
		if r.readCharDevices(&d); d.hasVerbs() {
			return d.CharDevices, true
		}
	}
	return nil, false
}

// hasVerbs says whether the device has a file of its own for its users.
func (d Device) hasVerbs() bool {
	for _, c := range d.CharDevices {
		if verbsFile.MatchString(path.Base(c.GetPath())) {
			return true
		}
	}
	return false
}
