package bench

import (
	"context"
	"errors"
	"path/filepath"

	"google.golang.org/grpc"
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
	space, err := newSpace()
	if err != nil {
		return report.Group{}, err
	}
	defer space.Close()
	a, err := p.newAgent(ctx, space)
	if err != nil {
		return report.Group{}, err
	}
	defer a.close()
	claim := string(uuid.NewUUID())
	request := k.attach(claim, n)
	steps := append(a.floors.links(k, n), p.call(), a.floors.journalStep())
	steps = append(steps, a.both(request)...)
	rows := []row{{attachRow, []string{createRow(k, n), oneCall, journalWrite}}, {name: detachRow}}
	if n == 1 {
		once, err := newOnce(a.node)
		if err != nil {
			return report.Group{}, err
		}
		defer once.close()
		rows[1].floor = []string{removeRow(k, n), oneCall}
		rows = append(rows, row{attachOnceRow, []string{createRow(k, n), journalWrite}}, row{detachOnceRow, []string{removeRow(k, n)}})
		steps = append(steps, once.both(request)...)
	}
	samples, err := measure.Rounds(ctx, p.Rounds, steps...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("A claim's devices through netagent's socket, and by the same code called in one process.", samples, rows...)
}

// agent is netagent as a process, on a node.
type agent struct {
	node   *rig.Node
	floors *floors
	conn   *grpc.ClientConn
	client netagentv1.NetAgentClient
}

func (p *place) newAgent(ctx context.Context, space *rig.Space) (a *agent, err error) {
	a = new(agent)
	if a.node, err = p.Machine.NewNode(ctx, rig.NodeConfig{Space: space}); err != nil {
		return nil, err
	}
	if a.floors, err = p.newFloors(a.node); err != nil {
		return nil, err
	}
	if a.conn, err = dialNetagent(a.node); err != nil {
		return nil, err
	}
	a.client = netagentv1.NewNetAgentClient(a.conn)
	return a, nil
}

func (a *agent) close() error {
	return errors.Join(a.conn.Close(), a.floors.close(), a.node.Close())
}

// both are the steps that attach a claim's devices and detach them.
func (a *agent) both(r *netagentv1.AttachRequest) []measure.Step {
	return []measure.Step{
		measure.Timed(attachRow, func(ctx context.Context) error { _, err := a.client.Attach(ctx, r); return err }),
		measure.Timed(detachRow, func(ctx context.Context) error {
			_, err := a.client.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: r.GetClaimUid()})
			return err
		}),
	}
}

// once is netagent as a part of this process, in a namespace of its own.
type once struct {
	*rig.InProcess
	space *rig.Space
}

// newOnce has its journal on the tmpfs of a node.
func newOnce(n *rig.Node) (*once, error) {
	space, err := newSpace()
	if err != nil {
		return nil, err
	}
	rules := policy.Rules{Parents: []string{parent}, MaxAttachments: 512}
	in, err := rig.NewInProcess(space, filepath.Join(n.Path("/run"), "once"), rules)
	return &once{in, space}, err
}

func (o *once) close() error { return errors.Join(o.Close(), o.space.Close()) }

func (o *once) both(r *netagentv1.AttachRequest) []measure.Step {
	return []measure.Step{
		measure.Timed(attachOnceRow, func(ctx context.Context) error { _, err := o.Attach(ctx, peer.Identity{}, r); return err }),
		measure.Timed(detachOnceRow, func(ctx context.Context) error { return o.Detach(ctx, r.GetClaimUid()) }),
	}
}
