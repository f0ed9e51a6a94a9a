package scale

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	resourceapi "k8s.io/api/resource/v1"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/health"
)

// register finds the driver and takes it, as a kubelet does, and waits until it is
// ready, as the DaemonSet does.
func (d *driver) register(ctx context.Context) error {
	c, err := dial(filepath.Join(d.registryDir, driverName+"-"+d.podUID+"-reg.sock"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	client := registerapi.NewRegistrationClient(c)
	if _, err := client.GetInfo(ctx, &registerapi.InfoRequest{}, grpc.WaitForReady(true)); err != nil {
		return fmt.Errorf("find the driver: %w", err)
	}
	if _, err := client.NotifyRegistrationStatus(ctx, &registerapi.RegistrationStatus{PluginRegistered: true}); err != nil {
		return fmt.Errorf("take the driver: %w", err)
	}
	return poll(ctx, func() (bool, error) { return health.Ask(ctx, d.healthSocket, health.Ready) == nil, nil })
}

// prepare has the driver prepare a claim.
func (d *driver) prepare(ctx context.Context, claim *resourceapi.ResourceClaim) error {
	c, err := dial(d.kubeletSocket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	resp, err := drapb.NewDRAPluginClient(c).NodePrepareResources(ctx,
		&drapb.NodePrepareResourcesRequest{Claims: []*drapb.Claim{called(claim)}}, grpc.WaitForReady(true))
	return answer("prepare", claim, resp.GetClaims()[string(claim.UID)].GetError(), err)
}

// unprepare has the driver take a claim's devices away.
func (d *driver) unprepare(ctx context.Context, claim *resourceapi.ResourceClaim) error {
	c, err := dial(d.kubeletSocket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	resp, err := drapb.NewDRAPluginClient(c).NodeUnprepareResources(ctx,
		&drapb.NodeUnprepareResourcesRequest{Claims: []*drapb.Claim{called(claim)}}, grpc.WaitForReady(true))
	return answer("unprepare", claim, resp.GetClaims()[string(claim.UID)].GetError(), err)
}

// enterPod does what runtime and podlink do when the claim's container starts: the
// link moves, and podlink says that it is ready.
func (d *driver) enterPod(claim *resourceapi.ResourceClaim) error {
	d.netagent.Move(string(claim.UID), "d0")
	c, err := net.Dial("unixgram", filepath.Join(d.pluginDir, report.SocketName))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	b, err := report.Report{
		ClaimUID: string(claim.UID), Device: "d0", Outcome: report.Ready, Interface: "data0",
		Addresses: []string{"192.0.2.11/24"}, Start: time.Now(), End: time.Now(),
	}.Marshal()
	if err == nil {
		_, err = c.Write(b)
	}
	return err
}

func (d *driver) kubeletSocket() string { return filepath.Join(d.pluginDir, "dra-"+d.podUID+".sock") }

func called(claim *resourceapi.ResourceClaim) *drapb.Claim {
	return &drapb.Claim{Uid: string(claim.UID), Namespace: claim.Namespace, Name: claim.Name}
}

func answer(what string, claim *resourceapi.ResourceClaim, said string, err error) error {
	if said != "" {
		err = errors.New(said)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", what, claim.Name, err)
	}
	return nil
}

func dial(socket string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
}
