package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/bench/floor"
	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// Names of the rows that are floors.
const (
	journalWrite = "journal entry written"
	recordWrite  = "record written"
	specWrite    = "spec written"
	oneCall      = "gRPC call"
	apiGet       = "API GET of a claim"
)

func createRow(k kind, n int) string { return "kernel: create " + times(k, n) }
func removeRow(k kind, n int) string { return "kernel: delete " + times(k, n) }

func times(k kind, n int) string {
	if n == 1 {
		return k.name
	}
	return fmt.Sprintf("%d %s", n, k.name)
}

// Bytes of the files that a claim with one device has, as they were read on a
// node.
const (
	journalSize = 400
	recordSize  = 1000
	specSize    = 700
)

// floors are what no prepare can do without, on one node.
type floors struct {
	kernel                *floor.Kernel
	journal, record, spec *floor.File
	// on are the links by index that others can stand on.
	on map[string]int
}

// newFloors prepares what a node's floors need. Files are where the product has
// them: the journal's on a tmpfs, the others on the disk.
func (p *place) newFloors(n *rig.Node) (*floors, error) {
	f := new(floors)
	err := n.Space().Do(func() (err error) {
		if f.kernel, err = floor.NewKernel(); err != nil {
			return err
		}
		f.on, err = linkIndices()
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, file := range []struct {
		to   **floor.File
		dir  string
		size int
	}{{&f.journal, "/run/floor", journalSize}, {&f.record, "/var/floor", recordSize}, {&f.spec, "/etc/floor", specSize}} {
		if *file.to, err = floor.NewFile(n.Path(file.dir), file.size); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// links are the steps that make so many bare links, and delete them: one by a
// request that is timed, several by one that is not.
func (f *floors) links(k kind, n int) []measure.Step {
	var create [][]byte
	for i := range n {
		l := k.link
		l.Name, l.MTU, l.Group = fmt.Sprintf("floor%d", i), mtu, group
		if k.name != ipoib.name { // its address is the card's to give
			l.MAC = []byte{0x02, 0, 0, 0, 1, byte(i)}
		}
		l.Parent = f.on[k.parent]
		create = append(create, floor.Create(l))
	}
	remove := floor.DeleteGroup(group)
	last := measure.Untimed(func(context.Context) error { return f.kernel.Do(remove) })
	if n == 1 {
		remove = floor.Delete("floor0")
		last = measure.Timed(removeRow(k, n), func(context.Context) error { return f.kernel.Do(remove) })
	}
	return []measure.Step{measure.Timed(createRow(k, n), func(context.Context) error { return f.all(create) }), last}
}

func (f *floors) all(requests [][]byte) error {
	for _, r := range requests {
		if err := f.kernel.Do(r); err != nil {
			return err
		}
	}
	return nil
}

func (f *floors) journalStep() measure.Step {
	return measure.Timed(journalWrite, func(context.Context) error { return f.journal.Write() })
}

// files are the steps that write what a prepare writes.
func (f *floors) files() []measure.Step {
	return []measure.Step{
		f.journalStep(),
		measure.Timed(recordWrite, func(context.Context) error { return f.record.Write() }),
		measure.Timed(specWrite, func(context.Context) error { return f.spec.Write() }),
	}
}

// call is the step of one gRPC call to another process.
func (p *place) call() measure.Step { return measure.Timed(oneCall, p.echo.Call) }

// get is the step of the kubelet helper's read.
func (p *place) get(name string) measure.Step {
	return measure.Timed(apiGet, func(ctx context.Context) error {
		_, err := p.Machine.Client.ResourceV1().ResourceClaims(metav1.NamespaceDefault).Get(ctx, name, metav1.GetOptions{})
		return err
	})
}

func (p *place) startEcho() (err error) {
	p.echo, err = floor.NewEcho(filepath.Join(p.Machine.Dir, "echo.sock"))
	return err
}

func (f *floors) close() error { return errors.Join(f.kernel.Close()) }
