package node

import (
	"fmt"
	"os/exec"
	"strings"
)

// Model is a kind of network card.
type Model string

// The cards that QEMU emulates and the node has drivers for.
const (
	VirtIO Model = "virtio-net-pci"
	IGB    Model = "igb" // SR-IOV, 7 virtual functions
	E1000E Model = "e1000e"
)

// NIC is a network card beside the uplink. It is on a network of its own.
type NIC struct {
	Name  string // in the node; at most 11 bytes
	Model Model
}

// igbBARs keeps Linux from placing virtual functions where QEMU's igb does not
// see them: without it they have no link and stay in reset.
const igbBARs = "memmap=64G$0xc000000000"

// mac is the address of card n; the uplink is 0.
func mac(n int) string {
	return fmt.Sprintf("52:54:00:aa:00:%02x", n)
}

// command is QEMU's command line. Its paths are relative to the machine's
// directory where they name sockets, whose addresses are short.
func (c Config) command() *exec.Cmd {
	names := []string{"eth0@" + mac(0)}
	for i, nic := range c.NICs {
		names = append(names, nic.Name+"@"+mac(i+1))
	}
	// With a tick that goes on: under emulation a processor has been seen to lose the
	// timer that was to wake it, and with it the kernel's grace periods, so that no
	// network namespace ended any more.
	kernel := append([]string{"console=ttyS0", "quiet", "net.ifnames=0", "mitigations=off", "nohz=off", "highres=off", igbBARs,
		"hawser.nics=" + strings.Join(names, ",")}, c.KernelArgs...)
	args := append(base(c.Image),
		"-smp", fmt.Sprint(c.CPUs), "-m", fmt.Sprint(c.MemoryMiB),
		"-serial", "file:"+consoleLog, "-qmp", "unix:"+monitorSocket+",server=on,wait=off",
		"-append", strings.Join(kernel, " "),
		"-drive", c.drive(),
		"-virtfs", "local,path="+escape(c.Share)+",mount_tag=host,security_model=none,readonly=on",
		"-object", "rng-random,filename=/dev/urandom,id=rng0", "-device", "virtio-rng-pci,rng=rng0",
		// A panic ends QEMU, so that nobody waits for what will not come.
		"-device", "pvpanic-pci", "-action", "panic=exit-failure",
		"-netdev", "user,id=net0,hostfwd=tcp:127.0.0.1:0-:1022", "-device", "virtio-net-pci,romfile=,netdev=net0,mac="+mac(0),
		"-device", "pcie-root-port,id=spare0,chassis=100", "-device", "pcie-root-port,id=spare1,chassis=101")
	for i, nic := range c.NICs {
		args = append(args, card(nic.Model, i+1)...)
	}
	cmd := exec.Command(c.Image.QEMU, args...)
	cmd.Dir = c.Dir
	return cmd
}

// base is what every machine has, the one that probes KVM too.
func base(image Image) []string {
	accelerator, cpu := "tcg,thread=multi,tb-size=512", "max"
	if image.Accelerator == "kvm" {
		accelerator, cpu = "kvm", "host"
	}
	return []string{"-nodefaults", "-no-user-config", "-display", "none", "-M", "q35",
		"-accel", accelerator, "-cpu", cpu, "-kernel", image.Kernel, "-initrd", image.Initrd}
}

func (c Config) drive() string {
	drive := "if=virtio,format=raw,cache=unsafe,file=" + escape(c.Image.Disk)
	if c.WriteDisk {
		return drive
	}
	return drive + ",snapshot=on"
}

// card is one card on a port of its own: igb wants one, and a card on a port can
// be unplugged.
func card(model Model, n int) []string {
	return []string{
		"-device", fmt.Sprintf("pcie-root-port,id=port%d,chassis=%d", n, n),
		"-netdev", fmt.Sprintf("user,id=net%d,restrict=on", n),
		"-device", fmt.Sprintf("%s,id=nic%d,bus=port%d,netdev=net%d,mac=%s,romfile=", model, n, n, n, mac(n)),
	}
}

// escape doubles the commas that QEMU takes for the end of a value.
func escape(path string) string {
	return strings.ReplaceAll(path, ",", ",,")
}
