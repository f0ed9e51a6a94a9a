package bench

import (
	"context"
	"errors"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"k8s.io/apimachinery/pkg/util/uuid"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// Rows of the netagent groups.
const (
	attachRow     = "Attach"
	detachRow     = "Detach"
	attachOnceRow = "Attach in one process"
	detachOnceRow = "Detach in one process"
)

// netagent measures Attach and Detach through the socket, and for one device the
// same code called without one.
func (p *place) netagent(ctx context.Context, k kind, n int) (report.Group, error) {
	a, err := p.newAgent(ctx)
	if err != nil {
		return report.Group{}, err
	}
	defer a.close()
	claim := string(uuid.NewUUID())
	request := k.attach(claim, n)
	caller := peer.Identity{}
	steps := append(a.floors.links(k, n), p.call(), a.floors.journalStep(),
		measure.Timed(attachRow, func(ctx context.Context) error { _, err := a.client.Attach(ctx, request); return err }),
		measure.Timed(detachRow, func(ctx context.Context) error {
			_, err := a.client.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claim})
			return err
		}))
	rows := []row{{attachRow, []string{createRow(k, n), oneCall, journalWrite}}, {name: detachRow}}
	if n == 1 {
		rows[1].floor = []string{removeRow(k, n), oneCall}
		rows = append(rows, row{attachOnceRow, []string{createRow(k, n), journalWrite}}, row{detachOnceRow, []string{removeRow(k, n)}})
		steps = append(steps,
			measure.Timed(attachOnceRow, func(ctx context.Context) error { _, err := a.once.Attach(ctx, caller, request); return err }),
			measure.Timed(detachOnceRow, func(ctx context.Context) error { return a.once.Detach(ctx, claim) }))
	}
	samples, err := measure.Rounds(ctx, p.Rounds, steps...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("A claim's devices through netagent's socket, and by the same code called in one process.", samples, rows...)
}

// agent is netagent as a process, and as a part of this one, each on a node.
type agent struct {
	spaces []*rig.Space
	node   *rig.Node
	floors *floors
	conn   *grpc.ClientConn
	client netagentv1.NetAgentClient
	once   *rig.InProcess
}

func (p *place) newAgent(ctx context.Context) (*agent, error) {
	a := new(agent)
	for range 2 {
		s, err := newSpace()
		if err != nil {
			return nil, err
		}
		a.spaces = append(a.spaces, s)
	}
	var err error
	if a.node, err = p.machine.NewNode(ctx, rig.NodeConfig{Space: a.spaces[0]}); err != nil {
		return nil, err
	}
	if a.floors, err = p.newFloors(a.node); err != nil {
		return nil, err
	}
	if a.conn, err = grpc.NewClient("unix:"+a.node.NetagentSocket(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	a.client = netagentv1.NewNetAgentClient(a.conn)
	rules := policy.Rules{Parents: []string{parent}, MaxAttachments: 512}
	a.once, err = rig.NewInProcess(a.spaces[1], filepath.Join(a.node.Path("/run"), "once"), rules)
	return a, err
}

func (a *agent) close() error {
	errs := []error{a.conn.Close(), a.once.Close(), a.floors.close(), a.node.Close()}
	for _, s := range a.spaces {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
