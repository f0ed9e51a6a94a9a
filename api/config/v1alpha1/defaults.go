package v1alpha1

// setDefaults fills in what a claim may leave out. The interface name is not
// here: its default depends on the pod's other claims.
func (c *DeviceConfig) setDefaults() {
	if c.Netdev != nil {
		c.Netdev.setDefaults()
	}
	if c.Combo != nil && c.Combo.Netdev != nil {
		c.Combo.Netdev.setDefaults()
	}
	if c.Combo != nil && c.Combo.Kind == KindRoce && c.Combo.RDMA == nil {
		c.Combo.RDMA = &RDMA{Kind: KindUverbs}
	}
}

func (n *Netdev) setDefaults() {
	switch n.Kind {
	case KindMacvlan:
		setDefault(&n.Mode, "bridge")
	case KindIpvlan:
		setDefault(&n.Mode, "l2")
		setDefault(&n.Flag, "bridge")
	case KindIpoib:
		setDefault(&n.Mode, "datagram")
	}
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
