package node

import (
	"os"
	"path/filepath"
)

const (
	defaultCPUs      = 2
	defaultMemoryMiB = 3072
)

// DefaultNICs are a machine's cards where nothing else is asked for.
var DefaultNICs = []NIC{{"eth1", IGB}}

// Config is what a machine is to be.
type Config struct {
	Image Image
	// Dir holds the machine's sockets, logs and state. It is created if need be.
	Dir string
	// Share is the directory that the node sees as /host; empty means a folder
	// "share" in Dir.
	Share string
	// CPUs and MemoryMiB: 0 means 2 and 3072.
	CPUs, MemoryMiB int
	// NICs are the cards beside the uplink; nil means DefaultNICs.
	NICs []NIC
	// KernelArgs are added to the kernel's command line.
	KernelArgs []string
	// WriteDisk writes to the image's disk itself.
	WriteDisk bool
	// Attached has the machine end with this program. Else it goes on.
	Attached bool
}

// complete fills in the defaults and creates the directories.
func (c *Config) complete() error {
	if c.Share == "" {
		c.Share = filepath.Join(c.Dir, shareDir)
	}
	for _, dir := range []*string{&c.Dir, &c.Share} {
		var err error
		if *dir, err = filepath.Abs(*dir); err != nil {
			return err
		}
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return err
		}
	}
	if c.CPUs == 0 {
		c.CPUs = defaultCPUs
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = defaultMemoryMiB
	}
	if c.NICs == nil {
		c.NICs = DefaultNICs
	}
	return nil
}
