package infiniband_test

import (
	"context"
	"os"
	"testing"

	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// childLife makes a child of ib0, sends it to a network namespace, and has it
// come home when the namespace ends, which only IPoIB links do.
const childLife = `set -e
grep -q InfiniBand /sys/class/infiniband/rxe0/ports/1/link_layer
ip link add c0 link ib0 type ipoib pkey 0x8001
ip netns add pod
ip link set c0 netns pod
ip netns exec pod ip link show c0
ip netns del pod
for _ in $(seq 50); do ip link show c0 && break; sleep 0.1; done
ip link del c0`

func TestAdd(t *testing.T) {
	if testing.Short() {
		t.Skip("boots a virtual machine, which -short is not for")
	}
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	image, err := node.Prepare(t.Context(), tools, node.Spec{Name: "node"})
	if err != nil {
		t.Fatal(err)
	}
	vm, err := node.Start(t.Context(), node.Config{Image: image, Dir: t.TempDir(), Attached: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vm.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := infiniband.Add(t.Context(), tools, vm); err != nil {
		t.Fatal(err)
	}
	if out, err := vm.Run(t.Context(), childLife); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if err := infiniband.Remove(t.Context(), vm); err != nil {
		t.Error(err)
	}
}
