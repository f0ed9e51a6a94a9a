package main

import (
	"fmt"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-dra/hawser/internal/kubeclient"
)

// newClient returns the client of the API server, and how it gets there.
func newClient(o options) (kubernetes.Interface, *rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return nil, nil, fmt.Errorf("access to the API server: %w", err)
	}
	kubeclient.Configure(config, o.qps, o.burst)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("access to the API server: %w", err)
	}
	return client, config, nil
}
