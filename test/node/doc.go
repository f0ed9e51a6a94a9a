// Package node is the test node: a QEMU virtual machine with a stock Linux
// kernel, the network modules, a few programs and an agent that runs scripts. It
// needs neither KVM nor root on the machine that it runs on (only KVM is used,
// where it works), and boots in seconds. It knows nothing of Kubernetes.
//
// The machine, by default:
//
//	eth0   virtio, the uplink: 10.0.2.15, the host is 10.0.2.2
//	eth1   Intel 82576 (igb), an SR-IOV card with 7 virtual functions
//	/host  a directory of the host's, live and read-only (VM.Share)
//
// There are two PCIe ports free, "spare0" and "spare1", to plug cards into with
// VM.Monitor. Names of virtual functions are the kernel's choice: the first ethN
// that is free.
//
// What is written to the disk lives as long as the machine, through resets, and
// is gone with it. /run and /tmp do not survive a reset.
package node
