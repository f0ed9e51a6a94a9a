package health

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// Registration learns whether the kubelet has taken the driver. It listens to
// the calls themselves, because the helper's own account of it is not made to
// be read while the kubelet writes it. The zero value is ready to use.
type Registration struct {
	mu     sync.Mutex
	status *registerapi.RegistrationStatus
}

// Intercept is a gRPC interceptor for the helper's servers.
func (r *Registration) Intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if status, ok := req.(*registerapi.RegistrationStatus); ok {
		r.mu.Lock()
		r.status = status
		r.mu.Unlock()
	}
	return next(ctx, req)
}

// Check says why the kubelet does not call the driver.
func (r *Registration) Check() Check {
	return Check{Name: "kubelet registration", Ready: func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case r.status == nil:
			return errors.New("the kubelet has not found the driver's socket yet")
		case !r.status.GetPluginRegistered():
			return fmt.Errorf("the kubelet refuses the driver: %s", r.status.GetError())
		}
		return nil
	}}
}
