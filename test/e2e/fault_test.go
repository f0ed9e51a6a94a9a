package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/product"
)

// faultDirs is where a test asks for a program's death, as the overlay has it.
var faultDirs = map[string]string{
	"driver":   "/var/lib/kubelet/plugins/" + driverName + "/faults",
	"netagent": journalDir + "/faults",
}

// installFaulty puts the product with fault points on the cluster, and the plain
// one back when the test ends.
func installFaulty(t *testing.T) {
	t.Helper()
	plain := product.Source{Repo: repo, Version: "v0.0.0-test", Log: os.Stderr}
	faulty := plain
	faulty.Tags = "fault"
	faulty.Overlay = filepath.Join("testdata", "faults")
	// The sandbox opens them for a program that finds them there at its start.
	dirs := strings.Join(slices.Collect(maps.Values(faultDirs)), " ")
	onNode(t, "mkdir -p "+dirs)
	t.Cleanup(func() {
		if err := plain.Install(context.Background(), theCluster); err != nil {
			t.Error(err)
		}
		onNode(t, "rm -r "+dirs)
	})
	if err := faulty.Install(t.Context(), theCluster); err != nil {
		t.Fatal(err)
	}
}

// points reads a program's fault points from their list in the source.
func points(t *testing.T, program string) (names []string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(repo, "internal", "fault", "points.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"(`+program+`-[a-z-]+)"`).FindAllSubmatch(source, -1) {
		names = append(names, string(m[1]))
	}
	if len(names) == 0 {
		t.Fatalf("no point of %s", program)
	}
	return names
}

// arm asks for a program's death at each of those points, once.
func arm(t *testing.T, program string, points []string) {
	t.Helper()
	onNode(t, fmt.Sprintf("cd %s && touch %s", faultDirs[program], strings.Join(points, " ")))
}

// armed returns the points at which somebody has yet to die.
func armed(t *testing.T, program string) []string {
	t.Helper()
	return strings.Fields(onNode(t, "ls "+faultDirs[program]))
}

// disarm takes back what nobody has died of, and says which points these are.
func disarm(t *testing.T, program string) (left []string) {
	t.Helper()
	left = armed(t, program)
	onNode(t, "rm -f "+faultDirs[program]+"/*")
	return left
}

// TestKilledAtEachPoint kills driver and netagent at each step of what they do
// for pods that come and go. The pods get their interfaces and nothing is left.
func TestKilledAtEachPoint(t *testing.T) {
	installFaulty(t)
	onNode(t, "echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra") // an address would make it the node's
	t.Cleanup(func() { onNode(t, "echo 1 >/proc/sys/net/ipv6/conf/default/accept_ra") })
	links := append(slices.Collect(maps.Values(functions(t, 1))), physical)
	onNode(t, "ip link set "+links[0]+" up")
	card := cardAsIs(t, links...)
	// It takes a kubelet that prepares what it has begun to unprepare.
	const neverInAPod = "netagent-leaving-withdrawn"
	// What a death has left half done, the next start finishes: the steps behind it
	// may take other pods.
	const rounds = 4
	for program := range faultDirs {
		t.Run(program, func(t *testing.T) {
			n := newNamespace(t)
			all := slices.DeleteFunc(points(t, program), func(p string) bool { return p == neverInAPod })
			arm(t, program, all)
			n.comeAndGo(3)
			for more := 0; more < rounds && len(armed(t, program)) > 0; more++ {
				n.comeAndGo(1)
			}
			if left := disarm(t, program); len(left) > 0 {
				t.Errorf("nobody died at %v", left)
			}
			sweep(t)
			wantCardAsIs(t, card, links...)
		})
	}
	t.Run("both", func(t *testing.T) {
		n := newNamespace(t)
		for program, at := range map[string][]string{
			"driver":   {"driver-attached", "driver-detached"},
			"netagent": {"netagent-link-created", "netagent-link-deleted"},
		} {
			arm(t, program, at)
			t.Cleanup(func() { // before the namespace's, which finds nothing left
				if left := disarm(t, program); len(left) > 0 {
					t.Errorf("nobody died at %v", left)
				}
			})
		}
		n.comeAndGo(1)
		n.apply(podWith("last", "nic"))
		killBoth(t)
		n.ready("last")
		mustKubectl(t, nil, "delete", "pod", "-n", n.name, "last", "--wait=false")
		killBoth(t)
		n.delete("pod/last")
		driverReady(t)
	})
}

// comeAndGo makes pods, whose interfaces must be there, and deletes them. They
// have made interfaces, and one more a lent one.
func (n *namespace) comeAndGo(pods int) {
	n.t.Helper()
	vf := netdev{"kind": "sriov-vf", "interfaceName": "data0", "vlan": 100}
	objects := []any{
		claimTemplate("nic", claimSpec(n.t, request{"nic", netdev{"kind": "veth", "interfaceName": "data0"}.parameters()})),
		claimTemplate("vf", ofClass(n.t, vfClass, request{"vf", vf.parameters()})), podWith("lent", "vf"),
	}
	names := []string{"lent"}
	for i := range pods {
		name := fmt.Sprintf("pod%d", i)
		names = append(names, name)
		objects = append(objects, podWith(name, "nic"))
	}
	n.apply(objects...)
	n.ready(names...)
	for _, name := range names {
		n.wantInterfaces(name, "lo", "eth0", "data0")
	}
	mustKubectl(n.t, nil, append([]string{"delete", "pod", "-n", n.name, "--timeout=" + patience.String()}, names...)...)
}

// killBoth kills driver and netagent at once, those that run.
func killBoth(t *testing.T) {
	t.Helper()
	onNode(t, "kill -9 $(pidof dra-driver) $(pidof netagent) || true")
}

// sweep makes what was half written look old and both programs start, which
// removes it.
func sweep(t *testing.T) {
	t.Helper()
	onNode(t, fmt.Sprintf(`find %s %s %s -type f \( -name '.*.tmp' -o -name 'new-*' \) -exec touch -t 202001010000 {} +`, cdiDir, stateDir, journalDir))
	driverReady(t)
	killBoth(t)
	driverReady(t)
}
