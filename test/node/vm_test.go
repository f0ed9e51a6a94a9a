package node_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// TestMachine boots one machine and goes through what it promises.
func TestMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("boots a virtual machine, which -short is not for")
	}
	vm := start(t)
	t.Run("exec", func(t *testing.T) { testExec(t, vm) })
	t.Run("share", func(t *testing.T) { testShare(t, vm) })
	t.Run("links", func(t *testing.T) { testLinks(t, vm) })
	t.Run("virtual functions", func(t *testing.T) { testVirtualFunctions(t, vm) })
	t.Run("plug", func(t *testing.T) { testPlug(t, vm) })
	t.Run("dial", func(t *testing.T) { testDial(t, vm) })
	t.Run("reset", func(t *testing.T) { testReset(t, vm) })
	t.Run("stuck", func(t *testing.T) { testStuck(t, vm) })
	t.Run("panic", func(t *testing.T) { testPanic(t, vm) })
}

func start(t *testing.T) *node.VM {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	image, err := node.Prepare(t.Context(), tools, node.Spec{Name: "node"})
	if err != nil {
		t.Fatal(err)
	}
	// A path longer than a socket's address may be.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 25), "machine")
	vm, err := node.Start(t.Context(), node.Config{
		Image: image, Dir: dir, Attached: true,
		NICs: []node.NIC{{Name: "pf0", Model: node.IGB}, {Name: "e0", Model: node.E1000E}, {Name: "v0", Model: node.VirtIO}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vm.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return vm
}

// run runs a script that must not fail.
func run(t *testing.T, vm *node.VM, script string) string {
	t.Helper()
	out, err := vm.Run(t.Context(), script)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return strings.TrimSpace(out)
}

func testExec(t *testing.T, vm *node.VM) {
	var stdout, stderr bytes.Buffer
	code, err := vm.Exec(t.Context(), node.Command{
		Script: "cat; echo told >&2; exit 7", Stdin: strings.NewReader("given"), Stdout: &stdout, Stderr: &stderr,
	})
	if err != nil || code != 7 || stdout.String() != "given" || stderr.String() != "told\n" {
		t.Errorf("code %d, %v, stdout %q, stderr %q", code, err, stdout.String(), stderr.String())
	}
	_, err = vm.Run(t.Context(), "echo why >&2; false")
	if exit := (*node.ExitError)(nil); !errors.As(err, &exit) || exit.Code != 1 || exit.Stderr != "why\n" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := vm.Run(ctx, "sleep 60"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func testShare(t *testing.T, vm *node.VM) {
	file := filepath.Join(vm.Share, "live")
	for _, text := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := run(t, vm, "cat /host/live"); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	if _, err := vm.Run(t.Context(), "touch /host/live"); err == nil {
		t.Error("the node can write to the share")
	}
}

// testLinks asks for links of which no module is loaded: the kernel loads them.
func testLinks(t *testing.T, vm *node.VM) {
	if links := run(t, vm, "ls /sys/class/net | sort | xargs"); links != "e0 eth0 lo pf0 v0" {
		t.Errorf("a fresh machine has the links %s", links)
	}
	for _, link := range []string{
		"dummy", "veth peer name p", "bridge", "vrf table 7", "macvlan link eth0", "ipvlan link pf0", "bond", "vlan link eth0 id 3",
	} {
		kind, rest, _ := strings.Cut(link, " ")
		parent := ""
		if after, ok := strings.CutPrefix(rest, "link "); ok {
			name, more, _ := strings.Cut(after, " ")
			parent, rest = "link "+name, more
		}
		run(t, vm, "ip link add t0 "+parent+" type "+kind+" "+rest+" && ip link del t0")
	}
	run(t, vm, "rdma link add rxe0 type rxe netdev eth0 && rdma link show rxe0/1 && rdma link delete rxe0")
}

func testVirtualFunctions(t *testing.T, vm *node.VM) {
	const device = "/sys/class/net/pf0/device"
	run(t, vm, "ip link set pf0 up; echo 2 >"+device+"/sriov_numvfs")
	// The module comes by way of the agent, and the link some time after.
	run(t, vm, "for _ in $(seq 100); do [ -e "+device+"/virtfn1/net ] && break; sleep 0.1; done; ls "+device+"/virtfn1/net")
	run(t, vm, "l=$(ls "+device+"/virtfn1/net); ip link set $l up; "+
		"for _ in $(seq 100); do [ \"$(cat /sys/class/net/$l/carrier)\" = 1 ] && exit; sleep 0.1; done; dmesg | tail -n 5 >&2; false")
	run(t, vm, "echo 0 >"+device+"/sriov_numvfs")
}

// testPlug plugs a card into a free port and pulls it out.
func testPlug(t *testing.T, vm *node.VM) {
	monitor := func(command string, arguments map[string]any) {
		t.Helper()
		if _, err := vm.Monitor(t.Context(), command, arguments); err != nil {
			t.Fatal(err)
		}
	}
	monitor("netdev_add", map[string]any{"type": "user", "id": "plugged", "restrict": true})
	monitor("device_add", map[string]any{"driver": "e1000e", "id": "card", "bus": "spare0", "netdev": "plugged", "mac": "52:54:00:bb:00:01", "romfile": ""})
	const wait = "for _ in $(seq 150); do %s && exit; sleep 0.1; done; false"
	there := "grep -q 52:54:00:bb:00:01 /sys/class/net/*/address"
	run(t, vm, strings.Replace(wait, "%s", there, 1))
	monitor("device_del", map[string]any{"id": "card"})
	run(t, vm, strings.Replace(wait, "%s", "! "+there, 1))
}

func testDial(t *testing.T, vm *node.VM) {
	run(t, vm, "echo answer | nc -l -p 7000 >/dev/null 2>&1 &")
	var conn io.ReadCloser
	var err error
	for range 50 {
		if conn, err = vm.Dial(t.Context(), "127.0.0.1:7000"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if text, err := io.ReadAll(io.LimitReader(conn, 7)); string(text) != "answer\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

func testReset(t *testing.T, vm *node.VM) {
	run(t, vm, "echo kept >/root/disk; echo lost >/run/memory")
	if err := vm.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := run(t, vm, "cat /root/disk; ls /run/memory 2>/dev/null || true"); got != "kept" {
		t.Errorf("after the reset: %q", got)
	}
	again, err := node.Open(vm.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if run(t, again, "hostname") != "node" {
		t.Error("the machine that was opened is another one")
	}
}

// testStuck has a machine that does not answer say that a processor sleeps for ever.
// Whoever waits for it gets it anew.
func testStuck(t *testing.T, vm *node.VM) {
	before, err := vm.BootID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// As the kernel does, it says so again and again.
	run(t, vm, `(sleep 1; killall -STOP agent; while sleep 2; do
		echo "rcu: rcu_preempt kthread timer wakeup didn't happen for 5251 jiffies!" >/dev/console
	done) >/dev/null 2>&1 &`)
	for now := before; now == before; {
		if err := vm.WaitBooted(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The agent may be stopped just now.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if id, err := vm.BootID(ctx); err == nil {
			now = id
		}
		cancel()
	}
}

// testPanic ends the machine: its last words must reach the person who waits.
func testPanic(t *testing.T, vm *node.VM) {
	_, err := vm.Run(t.Context(), "echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 60")
	if err == nil {
		t.Fatal("no error")
	}
	if err := vm.Process.WaitGone(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := vm.Check(); err == nil || !strings.Contains(err.Error(), "Kernel panic") {
		t.Errorf("got %v, want the console's end", err)
	}
}
