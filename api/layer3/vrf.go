package layer3

import (
	"slices"

	"github.com/hawser-dra/hawser/internal/ifname"
)

// VRF is the routing domain that the interface belongs to: a link of kind vrf in
// the pod, made when it is not there. Interfaces of several claims may share it.
type VRF struct {
	// Name of the link, 1 to 15 bytes.
	Name string `json:"name,omitempty"`
	// Table, 1 to 4294967295 but 253 to 255. Routes that name none go there.
	Table *uint32 `json:"table,omitempty"`
}

func (v *VRF) validate() *Error {
	switch err := ifname.Check(v.Name); {
	case v.Name == "":
		return &Error{Reason: Required, Field: "name", Detail: "must be the name of a link, such as blue"}
	case err != nil:
		return invalid("name", v.Name, err.Error())
	case slices.Contains(ifname.Reserved, v.Name):
		return invalid("name", v.Name, "is reserved in every pod: choose another, such as blue")
	case v.Table == nil:
		return &Error{Reason: Required, Field: "table", Detail: wantTable}
	}
	_, err := parseTable("table", v.Table, wantTable)
	return err
}

func (s *Settings) validateVRF() []*Error {
	if s.VRF == nil {
		return nil
	}
	if err := s.VRF.validate(); err != nil {
		return []*Error{err.below("vrf")}
	}
	return nil
}
