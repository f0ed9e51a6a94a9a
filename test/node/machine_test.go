package node

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	c := Config{
		Image: Image{QEMU: "/usr/bin/qemu", Accelerator: "tcg", Kernel: "/k", Initrd: "/i", Disk: "/a,b/disk"},
		Dir:   t.TempDir(), Share: "/s,t",
		NICs:       []NIC{{"pf0", IGB}, {"plug0", E1000E}, {"extra", VirtIO}},
		KernelArgs: []string{"quiet"},
	}
	if err := c.complete(); err != nil {
		t.Fatal(err)
	}
	args := strings.Join(c.command().Args, " ")
	for _, want := range []string{
		"-accel tcg,", "-smp 2 -m 3072",
		"file=/a,,b/disk,snapshot=on",
		"path=/s,,t,mount_tag=host",
		"hawser.nics=eth0@52:54:00:aa:00:00,pf0@52:54:00:aa:00:01,plug0@52:54:00:aa:00:02,extra@52:54:00:aa:00:03",
		"igb,id=nic1,bus=port1,", "e1000e,id=nic2,bus=port2,", "virtio-net-pci,id=nic3,bus=port3,",
	} {
		if !strings.Contains(args, want) {
			t.Errorf("no %q in %s", want, args)
		}
	}
	c.WriteDisk = true
	if strings.Contains(strings.Join(c.command().Args, " "), "snapshot") {
		t.Error("a disk to be written is a snapshot")
	}
}

func TestForwarded(t *testing.T) {
	const usernet = "Hub -1 (net0):\r\n" +
		"  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n" +
		"  TCP[HOST_FORWARD]   8       127.0.0.1 35869       10.0.2.15  1022     0     0\r\n"
	if m := forwarded.FindStringSubmatch(usernet); m == nil || m[1] != "127.0.0.1" || m[2] != "35869" {
		t.Errorf("got %v", m)
	}
}

// TestMonitorSkipsEvents gives answers as QEMU does: a greeting first, events
// at any time.
func TestMonitorSkipsEvents(t *testing.T) {
	var sent bytes.Buffer
	m := monitor{json.NewEncoder(&sent), json.NewDecoder(strings.NewReader(
		`{"QMP": {"capabilities": []}} {"event": "RESUME"} {"return": {}} {"event": "RESET"} {"error": {"class": "GenericError", "desc": "no such device"}}`))}
	if answer, err := m.call("qmp_capabilities", nil); err != nil || string(answer) != "{}" {
		t.Errorf("got %s, %v", answer, err)
	}
	if _, err := m.call("device_del", map[string]string{"id": "x"}); err == nil || err.Error() != "no such device" {
		t.Errorf("got %v", err)
	}
	if want := `{"arguments":{"id":"x"},"execute":"device_del"}`; !strings.Contains(sent.String(), want) {
		t.Errorf("sent %s", sent.String())
	}
}
