package rig

import (
	"encoding/json"
	"fmt"
	"os"

	resourceapi "k8s.io/api/resource/v1"
	"tags.cncf.io/container-device-interface/specs-go"
)

// SpecDir is the node's directory of CDI specs.
func (n *Node) SpecDir() string { return n.Path(cdiDir) }

// SpecName is the name of a claim's spec there.
func SpecName(c *resourceapi.ResourceClaim) string {
	return DriverName + "-claim-" + string(c.UID) + ".json"
}

// RecordPath is where a claim's record is.
func (n *Node) RecordPath(c *resourceapi.ResourceClaim) string {
	return n.Path(pluginDir + "/claims/" + string(c.UID) + ".alloc.json")
}

// Edits are what the runtime does for a claim's first device.
func (n *Node) Edits(c *resourceapi.ResourceClaim) (specs.ContainerEdits, error) {
	text, err := os.ReadFile(n.SpecDir() + "/" + SpecName(c))
	if err != nil {
		return specs.ContainerEdits{}, err
	}
	var s specs.Spec
	if err := json.Unmarshal(text, &s); err != nil {
		return specs.ContainerEdits{}, fmt.Errorf("spec of claim %s: %w", c.Name, err)
	}
	if len(s.Devices) == 0 {
		return specs.ContainerEdits{}, fmt.Errorf("spec of claim %s: no device", c.Name)
	}
	return s.Devices[0].ContainerEdits, nil
}
