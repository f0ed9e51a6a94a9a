package attachment

import (
	"fmt"

	"github.com/hawser-dra/hawser/netagent/link"
)

// AwayError is a borrowed device that is not on the host, so that it cannot be
// lent or given back now.
type AwayError struct {
	Device link.Device
	Where  string
}

func (e *AwayError) Error() string {
	return fmt.Sprintf("%s %s is %s: it is given back when it comes home", e.Device.Bus, e.Device.Name, e.Where)
}

// ImmovableError is an RDMA device that the kernel does not give to another network
// namespace.
type ImmovableError struct {
	Device string
	Err    error
}

func (e *ImmovableError) Error() string {
	return fmt.Sprintf("RDMA device %s cannot be moved to another network namespace, as exclusive mode asks for: "+
		"its driver must support it, else the mode must be shared (rdma system set netns shared): %v", e.Device, e.Err)
}

func (e *ImmovableError) Unwrap() error { return e.Err }

// UnsupportedError is a kind of device that this build does not have.
type UnsupportedError struct {
	Kind string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("this build of netagent has no %s devices", e.Kind)
}

// RepeatedKeyError is a request that has a key twice.
type RepeatedKeyError struct {
	Key string
}

func (e *RepeatedKeyError) Error() string {
	return fmt.Sprintf("devices: key %q is there twice; each device of a claim needs its own", e.Key)
}

// ConflictError is an attachment that exists with other settings.
type ConflictError struct {
	Claim, Key string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("attachment %s of claim %s exists with other settings: detach the claim first", e.Key, e.Claim)
}

// ForeignError is a link that has an attachment's name and is not its link.
type ForeignError struct {
	Name string
	Why  string
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("link %s is not what netagent would make (%s) and was left alone: remove it or rename it", e.Name, e.Why)
}
