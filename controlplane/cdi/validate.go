package cdi

import (
	"fmt"

	"tags.cncf.io/container-device-interface/pkg/cdi"
	"tags.cncf.io/container-device-interface/pkg/parser"
	"tags.cncf.io/container-device-interface/specs-go"
)

// validate checks what a runtime checks when it reads the spec: one that it
// refuses would make all of the claim's containers fail.
func validate(spec *specs.Spec) error {
	if err := specs.ValidateVersion(spec); err != nil {
		return err
	}
	for i := range spec.Devices {
		d := &spec.Devices[i]
		if err := parser.ValidateDeviceName(d.Name); err != nil {
			return err
		}
		edits := cdi.ContainerEdits{ContainerEdits: &d.ContainerEdits}
		if err := edits.Validate(); err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
		if len(d.ContainerEdits.Env) == 0 {
			return fmt.Errorf("device %s: has nothing to edit", d.Name)
		}
	}
	return nil
}
