package cluster

import (
	"errors"
	"syscall"
)

// StopAPIServer lets the API server stand still: connections to it stay, and
// nothing is answered. The function that it returns lets it go on.
func (c *Cluster) StopAPIServer() (resume func() error, err error) {
	for _, p := range c.state.Processes {
		if p.Name == "kube-apiserver" {
			return func() error { return p.Signal(syscall.SIGCONT) }, p.Signal(syscall.SIGSTOP)
		}
	}
	return nil, errors.New("stop the API server: this cluster has started none")
}
