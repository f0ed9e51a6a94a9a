package main

import (
	"fmt"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-dra/hawser/internal/version"
)

// newClient returns the client of the API server, and how it gets there. Its limits are set on
// purpose: client-go's own, 5 requests a second, make a burst of pods wait
// longer for the driver than for everything else. Protobuf is what the claim's
// read in each prepare is cheapest in.
func newClient(o options) (kubernetes.Interface, *rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return nil, nil, fmt.Errorf("access to the API server: %w", err)
	}
	config.QPS, config.Burst = float32(o.qps), o.burst
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.UserAgent = "hawser/" + version.Version
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("access to the API server: %w", err)
	}
	return client, config, nil
}
