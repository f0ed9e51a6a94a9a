package rig

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	resourceapi "k8s.io/api/resource/v1"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// Kubelet makes the kubelet's calls to one life of the driver.
type Kubelet struct {
	conn   *grpc.ClientConn
	plugin drapb.DRAPluginClient
}

// Kubelet connects to the driver that runs.
func (n *Node) Kubelet() (*Kubelet, error) {
	conn, err := dial(n.Path(pluginDir + "/dra-" + n.podUID() + ".sock"))
	if err != nil {
		return nil, err
	}
	return &Kubelet{conn, drapb.NewDRAPluginClient(conn)}, nil
}

// Close ends the connection.
func (k *Kubelet) Close() error { return k.conn.Close() }

// Prepare asks for the claims of one pod.
func (k *Kubelet) Prepare(ctx context.Context, claims ...*resourceapi.ResourceClaim) error {
	r, err := k.plugin.NodePrepareResources(ctx, &drapb.NodePrepareResourcesRequest{Claims: names(claims)})
	if err != nil {
		return err
	}
	for _, c := range claims {
		switch answer := r.GetClaims()[string(c.UID)]; {
		case answer == nil:
			return fmt.Errorf("claim %s: no answer", c.Name)
		case answer.GetError() != "":
			return fmt.Errorf("claim %s: %s", c.Name, answer.GetError())
		}
	}
	return nil
}

// Unprepare gives the claims of one pod back.
func (k *Kubelet) Unprepare(ctx context.Context, claims ...*resourceapi.ResourceClaim) error {
	r, err := k.plugin.NodeUnprepareResources(ctx, &drapb.NodeUnprepareResourcesRequest{Claims: names(claims)})
	if err != nil {
		return err
	}
	for _, c := range claims {
		if text := r.GetClaims()[string(c.UID)].GetError(); text != "" {
			return fmt.Errorf("claim %s: %s", c.Name, text)
		}
	}
	return nil
}

func names(claims []*resourceapi.ResourceClaim) (list []*drapb.Claim) {
	for _, c := range claims {
		list = append(list, &drapb.Claim{Namespace: c.Namespace, Name: c.Name, Uid: string(c.UID)})
	}
	return list
}

// register does what a kubelet does when it finds a driver's socket.
func (n *Node) register(ctx context.Context) error {
	path := n.Path(registryDir + "/" + DriverName + "-" + n.podUID() + "-reg.sock")
	if err := connects(path); err != nil {
		return err
	}
	conn, err := dial(path)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := registerapi.NewRegistrationClient(conn)
	if _, err := c.GetInfo(ctx, &registerapi.InfoRequest{}); err != nil {
		return err
	}
	_, err = c.NotifyRegistrationStatus(ctx, &registerapi.RegistrationStatus{PluginRegistered: true})
	return err
}

func dial(socket string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// connects says whether something listens.
func connects(socket string) error {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	return errors.Join(c.Close())
}
