package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/test/bench/floor"
	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// hardware are the groups of what a machine has and no new namespace: they are
// measured in the machine's own.
var hardware = []measurement{
	{"netagent sriov-vf", onHardware(lendFunction)},
	{"netagent host-device", onHardware(lendCard)},
	{"netagent ipoib", onHardware(standOnInfiniBand)},
	{"netagent uverbs", onHardware(shareRDMA)},
	{"functions", (*place).functions},
	{"flaps", (*place).flaps},
}

// fixture is a device that a claim has of the hardware, and what the bare kernel
// does for such a one.
type fixture struct {
	request *netagentv1.DeviceRequest
	// bare are the steps that do that and undo it; made and unmade are the rows of
	// theirs that an Attach and a Detach stand on.
	bare         []measure.Step
	made, unmade []string
}

// onHardware measures Attach and Detach of a device that is found among those
// that netagent offers.
func onHardware(find func(*agent, offers) (fixture, error)) func(*place, context.Context) (report.Group, error) {
	return func(p *place, ctx context.Context) (report.Group, error) {
		own, err := rig.OwnSpace()
		if err != nil {
			return report.Group{}, err
		}
		defer own.Close()
		a, err := p.newAgent(ctx, own)
		if err != nil {
			return report.Group{}, err
		}
		defer a.close()
		o, err := offersOf(ctx, a.node)
		if err != nil {
			return report.Group{}, err
		}
		f, err := find(a, o)
		if err != nil {
			return report.Group{}, err
		}
		return p.attachments(ctx, a, f)
	}
}

func (p *place) attachments(ctx context.Context, a *agent, f fixture) (report.Group, error) {
	f.request.Key = "d0"
	calls := a.both(&netagentv1.AttachRequest{
		ClaimUid: string(uuid.NewUUID()), Devices: []*netagentv1.DeviceRequest{f.request},
	})
	floors := []measure.Step{p.call(), a.floors.journalStep()}
	samples, err := measure.Rounds(ctx, p.Rounds, slices.Concat(f.bare, floors, calls, []measure.Step{paced(len(calls))})...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("A claim's device of the machine's own, through netagent's socket.", samples,
		row{attachRow, append(f.made, oneCall, journalWrite)}, row{detachRow, append(f.unmade, oneCall)})
}

// paced is the step that waits until netagent takes so many calls more, round
// after round.
func paced(calls int) measure.Step {
	return measure.Untimed(func(ctx context.Context) error {
		return rest(ctx, time.Duration(calls)*time.Second/callsPerSecond)
	})
}

const (
	setRow = "kernel: set the MTU"
	asWas  = "kernel: set the MTU back"
)

// borrowed is the fixture of a link that is set for a claim and set back.
func (a *agent) borrowed(r *netagentv1.DeviceRequest, link string, was uint32) fixture {
	there, back := floor.SetMTU(link, mtu), floor.SetMTU(link, was)
	return fixture{
		request: r, made: []string{setRow}, unmade: []string{asWas},
		bare: []measure.Step{
			measure.Timed(setRow, func(context.Context) error { return a.floors.kernel.Do(there) }),
			measure.Timed(asWas, func(context.Context) error { return a.floors.kernel.Do(back) }),
		},
	}
}

// usualMTU is that of a link that nobody has set.
const usualMTU = 1500

func lendFunction(a *agent, o offers) (fixture, error) {
	vf, err := o.function()
	if err != nil {
		return fixture{}, err
	}
	want := uint32(mtu)
	return a.borrowed(&netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: &netagentv1.SriovVf{
		PciAddress: vf.GetPci().GetAddress(), Parent: vf.GetParent(), VfIndex: vf.GetVfIndex(), Mtu: &want,
	}}}, vf.GetLink(), usualMTU), nil
}

func lendCard(a *agent, o offers) (fixture, error) {
	nic, err := o.card()
	if err != nil {
		return fixture{}, err
	}
	want := uint32(mtu)
	return a.borrowed(&netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: &netagentv1.HostDevice{
		Name: nic.GetLink(), Mtu: &want,
	}}}, nic.GetLink(), nic.GetMtu()), nil
}

func standOnInfiniBand(a *agent, _ offers) (fixture, error) {
	if a.floors.on[ipoib.parent] == 0 {
		return fixture{}, fmt.Errorf("there is no %s", ipoib.parent)
	}
	return fixture{
		request: ipoib.request(), bare: a.floors.links(ipoib, 1),
		made: []string{createRow(ipoib, 1)}, unmade: []string{removeRow(ipoib, 1)},
	}, nil
}

// shareRDMA needs nothing of the kernel: the device is used where it is.
func shareRDMA(_ *agent, o offers) (fixture, error) {
	r, err := o.rdma()
	if err != nil {
		return fixture{}, err
	}
	return fixture{request: &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: r.GetIbdev()}}}}, nil
}
