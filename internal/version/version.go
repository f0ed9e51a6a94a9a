// Package version tells what was built.
package version

// Version is set by the linker: -X github.com/hawser-dra/hawser/internal/version.Version=v0.1.0
var Version = "dev"
