package claim

import (
	"errors"
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/dynamic-resource-allocation/resourceclaim"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
)

// MaxDevices of one claim: what netagent attaches at once.
const MaxDevices = record.MaxDevices

// Decoder reads claims.
type Decoder struct {
	// Driver is the name that the claims are allocated to. Results and
	// parameters of other drivers are not looked at.
	Driver string
	// Device finds a device of the node by its name in the pool, as netagent
	// tells of it; nil when there is none. Optional: no devices but the virtual.
	Device func(name string) *netagentv1.NodeDevice
	// NoPodlink refuses settings that only podlink can make in the pod.
	NoPodlink bool
}

// Decode reads an allocated claim. The claim that it returns has no default
// interface names yet.
func (d *Decoder) Decode(rc *resourceapi.ResourceClaim) (*Claim, error) {
	c := &Claim{UID: string(rc.UID), Namespace: rc.Namespace, Name: rc.Name, Pods: pods(rc)}
	if rc.Status.Allocation == nil {
		return nil, errors.New("the claim is not allocated")
	}
	allocation := rc.Status.Allocation.Devices
	mine := slices.DeleteFunc(slices.Clone(allocation.Results), func(r resourceapi.DeviceRequestAllocationResult) bool {
		return r.Driver != d.Driver
	})
	if n := len(mine); n < 1 || n > MaxDevices {
		return nil, fmt.Errorf("the claim has %d devices of %s, must have 1 to %d: spread more over several claims", n, d.Driver, MaxDevices)
	}
	var errs []error
	for i, result := range mine {
		device := newDevice(i, result)
		if d.Device != nil && device.Device != VirtualDevice {
			device.Node = d.Device(device.Device)
		}
		config, err := d.config(device, resourceclaim.ConfigForResult(allocation.Config, result))
		if err != nil {
			errs = append(errs, device.wrap(err))
			continue
		}
		device.Config = config
		c.Devices = append(c.Devices, device)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return c, c.checkParts()
}

func newDevice(ordinal int, r resourceapi.DeviceRequestAllocationResult) Device {
	d := Device{Key: fmt.Sprintf("d%d", ordinal), Request: r.Request, Pool: r.Pool, Device: r.Device}
	if r.ShareID != nil {
		d.ShareID = string(*r.ShareID)
	}
	return d
}

// wrap says which request of the claim err is about.
func (d *Device) wrap(err error) error {
	return fmt.Errorf("request %q: %w", d.Request, err)
}

// config makes one configuration of the entries that apply to the device.
func (d *Decoder) config(device Device, entries []resourceapi.DeviceAllocationConfiguration) (*v1alpha1.DeviceConfig, error) {
	config, err := v1alpha1.Decode(d.layers(entries))
	if err != nil {
		return nil, err
	}
	if err := fit(config, &device, d.Driver); err != nil {
		return nil, err
	}
	device.Config = config
	return config, d.settings(&device)
}

// layers returns this driver's entries: those of classes first, each source in
// the order of the allocation.
func (d *Decoder) layers(entries []resourceapi.DeviceAllocationConfiguration) []v1alpha1.Layer {
	var class, claim []v1alpha1.Layer
	for _, e := range entries {
		if e.Opaque.Driver != d.Driver {
			continue
		}
		if e.Source == resourceapi.AllocationConfigSourceClass {
			class = append(class, v1alpha1.Layer{Parameters: e.Opaque.Parameters.Raw, Class: true})
		} else {
			claim = append(claim, v1alpha1.Layer{Parameters: e.Opaque.Parameters.Raw})
		}
	}
	return append(class, claim...)
}

// settings refuses what nobody could set.
func (d *Decoder) settings(device *Device) error {
	n, path := device.netdev()
	if d.NoPodlink && rdmaOf(device.Node).GetExclusive() {
		return field.Invalid(field.NewPath(string(device.Config.Type), "kind"), device.Config.DeviceKind(),
			"the node's RDMA devices belong to one network namespace each (netns exclusive), and podlink, which has them moved to the pod's, is turned off on this node")
	}
	if !d.NoPodlink || n == nil {
		return nil
	}
	names := n.Fields()
	if name, has := n.HasOffloads(); has {
		names = append(names, name)
	}
	var errs field.ErrorList
	for _, name := range names {
		errs = append(errs, field.Forbidden(field.NewPath(path, name), "podlink, which sets them in the pod, is turned off on this node"))
	}
	return errs.ToAggregate()
}

// pods returns the UIDs of the pods that the claim is reserved for.
func pods(rc *resourceapi.ResourceClaim) (uids []string) {
	for _, r := range rc.Status.ReservedFor {
		if r.APIGroup == "" && r.Resource == "pods" {
			uids = append(uids, string(r.UID))
		}
	}
	return uids
}
