package floor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// EchoCommand is the first argument of the program when it is to be an echo.
const EchoCommand = "echo"

// ServeEcho is the other end of an [Echo]: a gRPC server that answers at once,
// without interceptors.
func ServeEcho(socket string) error {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	healthpb.RegisterHealthServer(s, healthy{})
	return s.Serve(l)
}

type healthy struct {
	healthpb.UnimplementedHealthServer
}

func (healthy) Check(context.Context, *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, nil
}

// Echo is one unary call to another process, over a Unix socket.
type Echo struct {
	server *exec.Cmd
	conn   *grpc.ClientConn
	client healthpb.HealthClient
}

// NewEcho starts the other process.
func NewEcho(socket string) (*Echo, error) {
	c := exec.Command("/proc/self/exe", EchoCommand, socket)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("echo: %w", err)
	}
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, errors.Join(err, c.Process.Kill())
	}
	e := &Echo{c, conn, healthpb.NewHealthClient(conn)}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = e.client.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
	return e, err
}

// Call makes one call.
func (e *Echo) Call(ctx context.Context) error {
	_, err := e.client.Check(ctx, &healthpb.HealthCheckRequest{})
	return err
}

// Close ends the other process.
func (e *Echo) Close() error {
	err := errors.Join(e.conn.Close(), e.server.Process.Kill())
	_ = e.server.Wait()
	return err
}
