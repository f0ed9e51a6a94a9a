// Package kernel runs the tests of the driver's packages that talk to the kernel
// on the test node, whose kernel has all that they may want. On the machine
// itself the same tests skip what is missing; here a skip for that reason is a
// failure.
package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// packages are the ones whose tests are run, those that have any.
var packages = []string{
	"./controlplane/install",
	"./internal/atomicfile",
	"./internal/claimlock",
	"./internal/ethtool",
	"./internal/ifname",
	"./internal/onenode",
	"./internal/peer",
	"./internal/unixsocket",
	"./netagent/...",
	"./podlink/...",
}

// faults builds what is tested with the points at which it can be killed.
const faults = "fault"

// module is the driver's, whose packages these are.
const module = "github.com/hawser-dra/hawser"

func TestOnTheNodesKernel(t *testing.T) {
	if testing.Short() {
		t.Skip("boots a virtual machine, which -short is not for")
	}
	source, err := toolchain.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	repo := filepath.Dir(source)
	vm := boot(t)
	for _, p := range withTests(t, repo) {
		t.Run(strings.TrimPrefix(p, module+"/"), func(t *testing.T) {
			run(t, vm, repo, p)
		})
	}
}

// cards are what the tests find in the machine beside its uplink eth0.
var cards = []node.NIC{{Name: "eth1", Model: node.IGB}, {Name: "eth2", Model: node.VirtIO}, {Name: "eth3", Model: node.E1000E}}

// boot starts a machine for the test.
func boot(t *testing.T) *node.VM {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	image, err := node.Prepare(t.Context(), tools, node.Spec{Name: "node"})
	if err != nil {
		t.Fatal(err)
	}
	vm, err := node.Start(t.Context(), node.Config{Image: image, Dir: t.TempDir(), NICs: cards, Attached: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vm.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := infiniband.Share(t.Context(), tools, vm); err != nil {
		t.Fatal(err)
	}
	return vm
}

// withTests lists the packages that have tests.
func withTests(t *testing.T, repo string) []string {
	t.Helper()
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
	out := goTool(t, repo, append([]string{"list", "-tags", faults, "-f", format}, packages...)...)
	found := strings.Fields(out)
	if len(found) == 0 {
		t.Fatalf("no package of %v has tests", packages)
	}
	return found
}

// began is the line that a test binary prints for each test of the top level.
var began = regexp.MustCompile(`(?m)^=== RUN   [^/\n]+$`)

// failed is the line that it prints for each that fails, parts of others too.
var failed = regexp.MustCompile(`(?m)^ *--- FAIL: \S+`)

// failures are what is said once more after all output, whose end is the part of
// it that is read first.
var failures []string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range failures {
		fmt.Println(f)
	}
	os.Exit(code)
}

// why is the end of what the first test that failed has printed, and what the
// kernel has.
func why(pkg, out string) string {
	const most = 2000
	at := failed.FindStringIndex(out)
	if at == nil {
		return pkg + ": " + out[max(0, len(out)-most):]
	}
	return fmt.Sprintf("%s failed:\n%s\n%s\nall that failed: %q", pkg,
		out[max(0, at[0]-most):at[1]], out[max(0, len(out)-most):], failed.FindAllString(out, -1))
}

// runTests runs those tests first that want the machine alone, in its own network
// namespace, then all of them, each package in one of its own.
const runTests = `cp -r /host/%s /tmp/package && cd /tmp/package
export HAWSER_KERNEL=full HAWSER_FAKE_HCA=/host/%s
HAWSER_ALONE=1 HAWSER_TESTNS=1 ./package.test -test.v -test.timeout=2m -test.run '^TestAlone' &&
	./package.test -test.v -test.timeout=20m
code=$?; [ $code = 0 ] || { echo "the kernel said last:"; dmesg | tail -n 25; }
rm -rf /tmp/package; exit $code`

// run builds a package's tests and runs them in the machine, in a folder that
// holds the package's testdata.
func run(t *testing.T, vm *node.VM, repo, pkg string) {
	name := strings.TrimPrefix(pkg, module+"/")
	dir := filepath.Join(vm.Share, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	goTool(t, repo, "test", "-c", "-trimpath", "-tags", faults, "-o", filepath.Join(dir, "package.test"), pkg)
	copyTestdata(t, filepath.Join(repo, name), dir)
	script := fmt.Sprintf(runTests, name, infiniband.ModuleFile)
	var out bytes.Buffer
	code, err := vm.Exec(t.Context(), node.Command{Script: script, Stdout: &out, Stderr: &out})
	n := len(began.FindAllString(out.String(), -1))
	if err != nil || code != 0 {
		failures = append(failures, why(name, out.String()))
	}
	switch {
	case err != nil:
		t.Fatalf("%s\n%v", out.String(), err)
	case code != 0:
		t.Fatalf("%s\nexit code %d", out.String(), code)
	case n == 0:
		t.Fatalf("%s\nno test was run", out.String())
	}
	t.Logf("%d tests", n)
}

func copyTestdata(t *testing.T, from, to string) {
	t.Helper()
	testdata := filepath.Join(from, "testdata")
	if _, err := os.Stat(testdata); errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err := os.CopyFS(filepath.Join(to, "testdata"), os.DirFS(testdata)); err != nil {
		t.Fatal(err)
	}
}

// goTool runs the go command on the driver's module.
func goTool(t *testing.T, repo string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = repo
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
