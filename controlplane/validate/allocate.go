package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/handler"
)

// decode reads one device's configuration as Prepare does, with a layer below the
// others if there is one.
func (c *Checker) decode(s subject, below *layer) error {
	s.count = 1
	if below != nil {
		s.layers = append([]layer{*below}, s.layers...)
	}
	one := []subject{s}
	_, err := c.decoder(one).Decode(c.allocate(one))
	return err
}

// allocate gives each subject the devices that it asks for.
func (c *Checker) allocate(all []subject) *resourceapi.ResourceClaim {
	var allocation resourceapi.DeviceAllocationResult
	for i, s := range all {
		device := claim.VirtualDevice
		if onPaper(s.layers) != nil {
			device = fmt.Sprintf("device-%d", i)
		}
		for range s.count {
			allocation.Results = append(allocation.Results, resourceapi.DeviceRequestAllocationResult{
				Request: s.request, Driver: c.cfg.Driver, Pool: "node", Device: device,
			})
		}
		for _, l := range s.layers {
			allocation.Config = append(allocation.Config, l.allocated(c.cfg.Driver, s.request))
		}
	}
	rc := new(resourceapi.ResourceClaim)
	rc.Status.Allocation = &resourceapi.AllocationResult{Devices: allocation}
	return rc
}

func (l *layer) allocated(driver, request string) resourceapi.DeviceAllocationConfiguration {
	source := resourceapi.AllocationConfigSourceClaim
	if l.Class {
		source = resourceapi.AllocationConfigSourceClass
	}
	return resourceapi.DeviceAllocationConfiguration{
		Source: source, Requests: []string{request},
		DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
			Driver: driver, Parameters: runtime.RawExtension{Raw: l.Parameters},
		}},
	}
}

func (c *Checker) decoder(all []subject) *claim.Decoder {
	devices := map[string]*netagentv1.NodeDevice{}
	for i, s := range all {
		devices[fmt.Sprintf("device-%d", i)] = onPaper(s.layers)
	}
	return &claim.Decoder{
		Driver: c.cfg.Driver, NoPodlink: c.cfg.NoPodlink,
		Device: func(name string) *netagentv1.NodeDevice { return devices[name] },
	}
}

// onPaper is a device of a node that the kind of the layers can be made of; nil
// for those that the virtual device is for.
func onPaper(layers []layer) *netagentv1.NodeDevice {
	typ := text(layers, "type")
	switch v1alpha1.Kind(text(layers, typ+".kind")) {
	case v1alpha1.KindSriovVf:
		return &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Parent: "eth0"}}}
	case v1alpha1.KindHostDevice:
		if text(layers, "netdev.hostDevice") == "" {
			return &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "eth0"}}}
		}
	case v1alpha1.KindUverbs:
		return rdma(text(layers, "rdma.preferDevice"))
	case v1alpha1.KindRoce:
		return roce(layers)
	}
	return nil
}

// roce is an RDMA device, with the function that it is as well if the layers want
// that.
func roce(layers []layer) *netagentv1.NodeDevice {
	device := rdma(text(layers, "combo.rdma.preferDevice"))
	combo := &netagentv1.Combo{Rdma: device.GetRdma()}
	switch v1alpha1.Kind(text(layers, "combo.netdev.kind")) {
	case v1alpha1.KindSriovVf:
		combo.Netdev = &netagentv1.Combo_Vf{Vf: &netagentv1.Vf{Parent: "eth0"}}
	case v1alpha1.KindHostDevice:
		if text(layers, "combo.netdev.hostDevice") != "" {
			return device
		}
		combo.Netdev = &netagentv1.Combo_Nic{Nic: &netagentv1.Nic{Link: "eth0"}}
	default:
		return device
	}
	return &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Combo{Combo: combo}}
}

func rdma(name string) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{
		Ibdev: name, LinkLayer: "Ethernet", Netdev: "eth0",
	}}}
}

// completions are layers that set the type and the kind where the others do not:
// each kind that there could be.
func completions(layers []layer) (all []layer) {
	table := handler.All()
	typ := v1alpha1.Type(text(layers, "type"))
	for _, t := range slices.Sorted(maps.Keys(table.Handlers)) {
		if typ == "" && slices.ContainsFunc(layers, func(l layer) bool { _, ok := l.value(string(t)); return ok }) {
			typ = t
		}
	}
	if typ == "" {
		typ = v1alpha1.TypeNetdev
	}
	kinds := slices.Sorted(maps.Keys(table.Handlers[typ]))
	if typ == v1alpha1.TypeCombo {
		kinds = slices.Sorted(maps.Keys(table.Combos))
	}
	if kind := text(layers, string(typ)+".kind"); kind != "" || kinds == nil {
		kinds = []v1alpha1.Kind{v1alpha1.Kind(kind)}
	}
	for _, kind := range kinds {
		parameters, _ := json.Marshal(map[string]any{"type": typ, string(typ): map[string]any{"kind": kind}})
		all = append(all, layer{Layer: v1alpha1.Layer{Parameters: parameters, Class: true}})
	}
	return all
}

// nothing is prepared on paper.
type nothing struct{}

func (nothing) Get(string) (*record.Record, error) { return nil, nil }

func (nothing) OfPod(string) []*record.Record { return nil }
