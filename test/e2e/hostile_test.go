package e2e

import (
	"strings"
	"testing"
)

// TestForeignFiles: what does not belong into the driver's directories is
// reported and left or set aside; the driver starts.
func TestForeignFiles(t *testing.T) {
	n := newNamespace(t)
	onNode(t, `mkdir -p `+stateDir+` `+cdiDir+`
		echo '{"version":1' >`+stateDir+`/11111111-2222-3333-4444-555555555555.alloc.json
		echo text >`+stateDir+`/notes.txt
		echo '{' >`+cdiDir+`/`+driverName+`-claim-11111111-2222-3333-4444-555555555555.json
		echo '{"cdiVersion":"0.5.0","kind":"vendor.example/other","devices":[{"name":"x","containerEdits":{"env":["A=b"]}}]}' >`+cdiDir+`/other.json
		echo '{' >`+journalDir+`/broken.json`)
	kill(t, "dra-driver")
	kill(t, "netagent")
	driverReady(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})), podWith("works", "nic"))
	n.ready("works")
	logs := mustKubectl(t, nil, "logs", "-n", "dra-system", "-l", "app=dra-driver", "--all-containers", "--tail=-1")
	if name := "11111111-2222-3333-4444-555555555555"; !strings.Contains(logs, name) {
		t.Errorf("no log line about %s:\n%s", name, logs)
	}
	// It may have been the netagent before that read it last, which says so in a log
	// that is gone.
	onNode(t, "ls "+journalDir+"/broken.json.unreadable")
	if left := onNode(t, "cat "+stateDir+"/notes.txt "+cdiDir+"/other.json"); !strings.Contains(left, "text") || !strings.Contains(left, "vendor.example") {
		t.Errorf("another's files were changed: %s", left)
	}
	onNode(t, "rm -f "+stateDir+"/notes.txt "+stateDir+"/1111* "+stateDir+"/.1111* "+cdiDir+"/other.json "+cdiDir+"/*1111* "+journalDir+"/broken.json*")
}

// TestLostEvents: netagent sleeps while more happens than its socket can hold,
// a pod's link leaving among it.
func TestLostEvents(t *testing.T) {
	n := newNamespace(t)
	p := podWith("moves", "nic")
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), p)
	n.ready("moves")
	onNode(t, "kill -STOP $(pidof netagent)")
	n.killSandbox("moves")
	onNode(t, `ip link add flood0 type veth peer name flood1
		i=0; while [ $i -lt 6000 ]; do echo link set flood0 alias x$i; i=$((i+1)); done | ip -batch -
		ip link del flood0`)
	onNode(t, "kill -CONT $(pidof netagent)")
	n.restarted("moves", "shell", 1)
	n.wantInterfaces("moves", "lo", "eth0", "data0")
}
