package rig

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/vishvananda/netlink"
)

// Pod is a network namespace that links are moved to.
type Pod struct {
	*Space
	node *Node
}

// NewPod makes one.
func (n *Node) NewPod() (*Pod, error) {
	s, err := NewSpace()
	if err != nil {
		return nil, err
	}
	return &Pod{s, n}, nil
}

// Take moves the link of a claim's first device into the pod, as runc does: down,
// renamed, and up again.
func (p *Pod) Take(c *resourceapi.ResourceClaim) error {
	edits, err := p.node.Edits(c)
	if err != nil {
		return err
	}
	if len(edits.NetDevices) != 1 {
		return errors.New("the claim's spec lists no link")
	}
	d := edits.NetDevices[0]
	err = p.node.Space().Do(func() error {
		l, err := netlink.LinkByName(d.HostInterfaceName)
		if err != nil {
			return err
		}
		return netlink.LinkSetNsFd(l, int(p.File().Fd()))
	})
	if err != nil {
		return fmt.Errorf("move %s: %w", d.HostInterfaceName, err)
	}
	return p.Do(func() error {
		l, err := netlink.LinkByName(d.HostInterfaceName)
		if err != nil {
			return err
		}
		return errors.Join(netlink.LinkSetName(l, d.Name), netlink.LinkSetUp(l))
	})
}

// Run runs a program of the node's in the pod's network namespace, as a runtime
// runs a hook.
func (p *Pod) Run(program string, args ...string) error {
	c := exec.Command(program, args...)
	c.Env = []string{}
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: p.node.root}
	return p.Do(func() error {
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", program, err, out)
		}
		return nil
	})
}
