package podlink

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/netns"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// refuseHost keeps podlink from setting addresses on the node itself. The record
// says which namespace is the node's; so does the node's first process, where it
// can be asked, for a record that lies.
func refuseHost(host uint64) error {
	current, err := netns.Current()
	if err != nil {
		return err
	}
	first, err := netns.Init()
	if current == host || err == nil && current == first {
		return errors.New("the pod uses the host's network: a claim's interface needs a network namespace of its own")
	}
	return nil
}

// door finds the claim's link in this namespace, by name and owner mark. The
// container must not start without it: its CDI spec lists the link no more once
// it has left the host, and then nothing else would notice that it went to
// another pod.
func door(want *record.Link) (rtnl.Link, error) {
	link, err := rtnl.LinkByName(want.Name)
	switch {
	case errors.Is(err, unix.ENODEV):
		return link, fmt.Errorf("interface %s is not in this pod: "+
			"it is in use by another pod or being made again; the kubelet retries", want.Name)
	case err != nil:
		return link, fmt.Errorf("interface %s: %w", want.Name, err)
	case link.Alias != want.Alias:
		return link, fmt.Errorf("interface %s in this pod is not the claim's: "+
			"its alias is %.64q, must be %q", want.Name, link.Alias, want.Alias)
	}
	return link, nil
}
