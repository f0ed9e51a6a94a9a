package cdi

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"tags.cncf.io/container-device-interface/pkg/cdi"
	"tags.cncf.io/container-device-interface/specs-go"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/record"
)

// managementFiles is how the names of the device files for management datagrams
// begin.
const managementFiles = "/dev/infiniband/umad"

// version is the first that has netDevices.
const version = "1.1.0"

// build makes the spec of a claim.
func (s *Specs) build(r *record.Record, onHost map[string]bool) (*specs.Spec, error) {
	spec := &specs.Spec{Version: version, Kind: s.config.Driver + "/" + class}
	for i := range r.Devices {
		d := &r.Devices[i]
		env, err := environment(d)
		if err != nil {
			return nil, fmt.Errorf("device %s: %w", d.Key, err)
		}
		device := specs.Device{Name: deviceName(r.Claim.UID, d.Key)}
		device.ContainerEdits.Env = env
		if d.Link != nil && onHost[d.Key] {
			device.ContainerEdits.NetDevices = []*specs.LinuxNetDevice{{HostInterfaceName: d.Link.HostName, Name: d.Link.Name}}
		}
		device.ContainerEdits.DeviceNodes = deviceNodes(d.RDMA)
		if s.config.Podlink != "" {
			device.ContainerEdits.Hooks = []*specs.Hook{s.hook(r.Claim.UID, d.Key)}
		}
		spec.Devices = append(spec.Devices, device)
	}
	return spec, nil
}

// environment tells programs in the container which interface or RDMA device is
// what. It also
// keeps the device resolvable when it has nothing else to edit.
func environment(d *record.Device) ([]string, error) {
	var c v1alpha1.DeviceConfig
	if err := json.Unmarshal(d.Config, &c); err != nil {
		return nil, fmt.Errorf("configuration in the record: %w", err)
	}
	var env []string
	if d.Link != nil {
		env = append(env, fmt.Sprintf("HAWSER_%s=%s", variable(d.Link.Name), c.DeviceKind()))
	}
	if d.RDMA != nil {
		env = append(env, fmt.Sprintf("HAWSER_RDMA_%s=%s", variable(d.RDMA.IBDev), c.DeviceKind()))
	}
	return env, nil
}

// deviceNodes are the device files of an RDMA device. They have their numbers
// here: the runtime need not find them on the host. Management datagrams reach
// the whole fabric: their file is root's, as the kernel has it.
func deviceNodes(r *record.RDMA) (nodes []*specs.DeviceNode) {
	if r == nil {
		return nil
	}
	for _, c := range r.CharDevices {
		mode := os.FileMode(0o666)
		if strings.HasPrefix(c.Path, managementFiles) {
			mode = 0o600
		}
		nodes = append(nodes, &specs.DeviceNode{
			Path: c.Path, Type: "c", Major: int64(c.Major), Minor: int64(c.Minor), FileMode: &mode, Permissions: "rw",
		})
	}
	return nodes
}

// variable makes an interface name fit for the name of a variable.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return '_'
	}, name)
}

// hook runs podlink in the container's network namespace, after the move.
func (s *Specs) hook(claimUID, key string) *specs.Hook {
	return &specs.Hook{
		HookName: cdi.CreateContainerHook,
		Path:     s.config.Podlink,
		Args:     []string{"podlink", s.config.RecordPath(claimUID), key},
	}
}
