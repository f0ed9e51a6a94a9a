package cluster

import (
	"io"

	"github.com/hawser-dra/hawser/test/node"
)

// DefaultFeatureGates are set in all components unless Options say otherwise.
var DefaultFeatureGates = map[string]bool{
	"DRAConsumableCapacity": true,
	"DRADerivedAttributes":  true,
	"DRAListTypeAttributes": true,
	"DRAResourcePoolStatus": true,
}

// Options are what a cluster is to be.
type Options struct {
	// Dir holds all of the cluster. It must not exist, be empty, or be what a
	// cluster that has ended left.
	Dir string
	// Parts are what Prepare returned.
	Parts Parts
	// Log takes a few lines on how it goes; nil means none.
	Log io.Writer
	// AuditLog writes every request to the API server to AuditLogFile.
	AuditLog bool
	// FeatureGates; nil means DefaultFeatureGates.
	FeatureGates map[string]bool
	// APIServerArgs are added to the API server's command line.
	APIServerArgs []string
	// ControllerArgs and SchedulerArgs are added to those of the controller manager
	// and the scheduler.
	ControllerArgs, SchedulerArgs []string
	// CPUs, MemoryMiB and NICs of the node; zero means package node's defaults.
	CPUs, MemoryMiB int
	NICs            []node.NIC
	// NoNode leaves out the virtual machine: a control plane alone, for tests that
	// are its nodes themselves. It needs Parts.Kubernetes and no more.
	NoNode bool
	// Attached has all of the cluster end with this program, however that ends:
	// for tests. Its directory then stays. Else the cluster goes on until Down.
	Attached bool
}
