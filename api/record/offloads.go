package record

import (
	"fmt"
	"regexp"
)

// Offloads are what podlink sets of a link itself. What is nil stays as it is.
type Offloads struct {
	Ethtool *Ethtool `json:"ethtool,omitempty"`
	// In bytes.
	GSOMaxSize     *uint32 `json:"gsoMaxSize,omitempty"`
	GROMaxSize     *uint32 `json:"groMaxSize,omitempty"`
	GSOIPv4MaxSize *uint32 `json:"gsoIPv4MaxSize,omitempty"`
	GROIPv4MaxSize *uint32 `json:"groIPv4MaxSize,omitempty"`
	// TxQueueLen in packets.
	TxQueueLen   *uint32 `json:"txQueueLen,omitempty"`
	Promiscuous  *bool   `json:"promiscuous,omitempty"`
	AllMulticast *bool   `json:"allMulticast,omitempty"`
}

// Ethtool is what the link's driver has of its own, by the names of the
// configuration.
type Ethtool struct {
	Features     map[string]bool   `json:"features,omitempty"`
	PrivateFlags map[string]bool   `json:"privateFlags,omitempty"`
	Rings        map[string]uint32 `json:"rings,omitempty"`
	Coalesce     map[string]uint32 `json:"coalesce,omitempty"`
}

// maxSettings of one sort, as in the configuration.
const maxSettings = 64

// settingPattern keeps what is shown in events short and plain.
var settingPattern = regexp.MustCompile(`^[A-Za-z0-9_.+-]{1,31}$`)

func (o *Offloads) validate() error {
	if o == nil || o.Ethtool == nil {
		return nil
	}
	for _, err := range []error{
		checkNames("features", o.Ethtool.Features), checkNames("privateFlags", o.Ethtool.PrivateFlags),
		checkNames("rings", o.Ethtool.Rings), checkNames("coalesce", o.Ethtool.Coalesce),
	} {
		if err != nil {
			return fmt.Errorf("ethtool: %w", err)
		}
	}
	return nil
}

func checkNames[V any](what string, of map[string]V) error {
	if len(of) > maxSettings {
		return fmt.Errorf("%s: %d, at most %d are allowed", what, len(of), maxSettings)
	}
	for name := range of {
		if !settingPattern.MatchString(name) {
			return fmt.Errorf("%s: %.64q is no name", what, name)
		}
	}
	return nil
}
