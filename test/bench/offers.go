package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// offers are what a node's netagent has to lend, by name: where it is on the bus.
type offers []*netagentv1.NodeDevice

// offersOf reads netagent's stream up to where it has told everything.
func offersOf(ctx context.Context, n *rig.Node) (list offers, err error) {
	conn, err := dialNetagent(n)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stream, err := netagentv1.NewNetAgentClient(conn).Watch(ctx, &netagentv1.WatchRequest{})
	if err != nil {
		return nil, fmt.Errorf("watch netagent: %w", err)
	}
	for {
		r, err := stream.Recv()
		if err != nil {
			return nil, fmt.Errorf("watch netagent: %w", err)
		}
		switch {
		case r.GetSynced() != nil:
			slices.SortFunc(list, func(a, b *netagentv1.NodeDevice) int { return strings.Compare(a.GetName(), b.GetName()) })
			return list, nil
		case r.GetDevice() != nil:
			list = append(list, r.GetDevice())
		}
	}
}

func dialNetagent(n *rig.Node) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix:"+n.NetagentSocket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// card is one that is on offer whole.
func (o offers) card() (*netagentv1.Nic, error) {
	for _, d := range o {
		if nic := d.GetNic(); nic.GetLink() != "" {
			return nic, nil
		}
	}
	return nil, errors.New("no card is on offer")
}

// function is a virtual one that is on offer.
func (o offers) function() (*netagentv1.Vf, error) {
	for _, d := range o {
		if vf := d.GetVf(); vf.GetLink() != "" {
			return vf, nil
		}
	}
	return nil, errors.New("no virtual function is on offer")
}

// rdma is an RDMA device that is on offer.
func (o offers) rdma() (*netagentv1.NodeRdmaDevice, error) {
	for _, d := range o {
		if r := d.GetRdma(); r != nil {
			return r, nil
		}
	}
	return nil, errors.New("no RDMA device is on offer")
}

// functions is how many virtual functions are on offer.
func (o offers) functions() (n int) {
	for _, d := range o {
		if d.GetVf() != nil {
			n++
		}
	}
	return n
}
