package v1alpha1

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Ethtool is what an interface's driver has of its own. What is left out stays as
// it is; what the driver does not have is an error in the pod's events.
type Ethtool struct {
	// Features (offloads) by the kernel's names, which `ethtool -k` shows
	// indented, such as tx-tcp-segmentation or rx-gro.
	Features map[string]*bool `json:"features,omitempty"`
	// PrivateFlags are the driver's own switches, as `ethtool --show-priv-flags`
	// has them.
	PrivateFlags map[string]*bool `json:"privateFlags,omitempty"`
	Rings        *Rings           `json:"rings,omitempty"`
	Coalesce     *Coalesce        `json:"coalesce,omitempty"`
}

// Rings are how many packets wait for the driver or the device.
type Rings struct {
	RX      *uint32 `json:"rx,omitempty"`
	RXMini  *uint32 `json:"rxMini,omitempty"`
	RXJumbo *uint32 `json:"rxJumbo,omitempty"`
	TX      *uint32 `json:"tx,omitempty"`
}

// Coalesce is how long, in microseconds, and for how many frames the device waits
// before it interrupts.
type Coalesce struct {
	RXUsecs    *uint32 `json:"rxUsecs,omitempty"`
	RXFrames   *uint32 `json:"rxFrames,omitempty"`
	TXUsecs    *uint32 `json:"txUsecs,omitempty"`
	TXFrames   *uint32 `json:"txFrames,omitempty"`
	AdaptiveRX *bool   `json:"adaptiveRx,omitempty"`
	AdaptiveTX *bool   `json:"adaptiveTx,omitempty"`
}

// Bounds of offloads; a device may have narrower ones.
const (
	// MinSegment of gso and gro sizes is one packet of Ethernet.
	MinSegment = 1500
	// MaxSegment is the kernel's GSO_MAX_SIZE.
	MaxSegment = 8 * 65535
	// MaxTxQueueLen is more packets than a node has memory for.
	MaxTxQueueLen = 1000000
	// MaxRing is larger than any device's.
	MaxRing = 65536
	// MaxUsecs of coalescing is a second.
	MaxUsecs = 1000000
	// MaxFrames of coalescing is larger than any device's.
	MaxFrames = 65535
	// MaxFeatures is what the kernel has room for in 64 bits.
	MaxFeatures = 64
	// MaxPrivateFlags is what the kernel has room for in 32 bits.
	MaxPrivateFlags = 32
)

// ethtoolName is the kernel's bound on names (ETH_GSTRING_LEN), less what no
// driver uses.
var ethtoolName = regexp.MustCompile(`^[A-Za-z0-9_.+-]{1,31}$`)

// validateOffloads checks bounds alone: what a device has is known in the pod.
func validateOffloads(n *Netdev, path *field.Path) (errs field.ErrorList) {
	for _, size := range []struct {
		name  string
		value *uint32
	}{
		{"gsoMaxSize", n.GSOMaxSize}, {"groMaxSize", n.GROMaxSize},
		{"gsoIPv4MaxSize", n.GSOIPv4MaxSize}, {"groIPv4MaxSize", n.GROIPv4MaxSize},
	} {
		errs = append(errs, validateRange(size.value, MinSegment, MaxSegment, "bytes", path.Child(size.name))...)
	}
	errs = append(errs, validateRange(n.TxQueueLen, 0, MaxTxQueueLen, "packets", path.Child("txQueueLen"))...)
	if n.Ethtool != nil {
		errs = append(errs, n.Ethtool.validate(path.Child("ethtool"))...)
	}
	return errs
}

func (e *Ethtool) validate(path *field.Path) (errs field.ErrorList) {
	errs = append(errs, validateSwitches(e.Features, MaxFeatures, path.Child("features"))...)
	errs = append(errs, validateSwitches(e.PrivateFlags, MaxPrivateFlags, path.Child("privateFlags"))...)
	if r := e.Rings; r != nil {
		rings := path.Child("rings")
		errs = append(errs, validateRange(r.RX, 1, MaxRing, "packets", rings.Child("rx"))...)
		errs = append(errs, validateRange(r.RXMini, 1, MaxRing, "packets", rings.Child("rxMini"))...)
		errs = append(errs, validateRange(r.RXJumbo, 1, MaxRing, "packets", rings.Child("rxJumbo"))...)
		errs = append(errs, validateRange(r.TX, 1, MaxRing, "packets", rings.Child("tx"))...)
	}
	if c := e.Coalesce; c != nil {
		coalesce := path.Child("coalesce")
		errs = append(errs, validateRange(c.RXUsecs, 0, MaxUsecs, "microseconds", coalesce.Child("rxUsecs"))...)
		errs = append(errs, validateRange(c.RXFrames, 0, MaxFrames, "frames", coalesce.Child("rxFrames"))...)
		errs = append(errs, validateRange(c.TXUsecs, 0, MaxUsecs, "microseconds", coalesce.Child("txUsecs"))...)
		errs = append(errs, validateRange(c.TXFrames, 0, MaxFrames, "frames", coalesce.Child("txFrames"))...)
	}
	return errs
}

// validateSwitches checks the names, which are the driver's to know.
func validateSwitches(of map[string]*bool, most int, path *field.Path) (errs field.ErrorList) {
	if len(of) > most {
		return field.ErrorList{field.TooMany(path, len(of), most)}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		switch {
		case !ethtoolName.MatchString(name):
			errs = append(errs, field.Invalid(path.Key(name), name, "must be a name of at most 31 letters, digits, dashes and the like, as ethtool shows it"))
		case of[name] == nil:
			errs = append(errs, field.Required(path.Key(name), "must be true or false"))
		}
	}
	return errs
}

func validateRange(value *uint32, least, most uint32, unit string, path *field.Path) field.ErrorList {
	if value == nil || *value >= least && *value <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *value, fmt.Sprintf("must be %d to %d %s", least, most, unit))}
}

// HasOffloads says whether anything of the interface's own is to be set in the
// pod, and the name of the first such field.
func (n *Netdev) HasOffloads() (name string, has bool) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"ethtool", n.Ethtool != nil}, {"gsoMaxSize", n.GSOMaxSize != nil}, {"groMaxSize", n.GROMaxSize != nil},
		{"gsoIPv4MaxSize", n.GSOIPv4MaxSize != nil}, {"groIPv4MaxSize", n.GROIPv4MaxSize != nil},
		{"txQueueLen", n.TxQueueLen != nil}, {"promiscuous", n.Promiscuous != nil}, {"allMulticast", n.AllMulticast != nil},
	} {
		if f.set {
			return f.name, true
		}
	}
	return "", false
}
