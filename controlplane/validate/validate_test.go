package validate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/controlplane/validate"
)

const driver = "dra.example.com"

// check returns the lines of the report on files, by name.
func check(t *testing.T, files ...string) string {
	t.Helper()
	c := validate.New(validate.Config{Driver: driver})
	for _, f := range files {
		name, text, _ := strings.Cut(f, "\n")
		if err := c.Add(name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return written(t, c.Report())
}

func written(t *testing.T, r validate.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// claim is a manifest of a claim with one request and those parameters.
func claim(parameters string) string {
	return `
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: data}
spec:
  devices:
    requests: [{name: nic, exactly: {deviceClassName: network-devices}}]
    config: [{requests: [nic], opaque: {driver: dra.example.com, parameters: ` + parameters + `}}]
`
}

// TestWrong: each thing that is wrong is said once, at the place where it is
// written, in the words of Prepare.
func TestWrong(t *testing.T) {
	const at = "f: document 1: ResourceClaim/data: spec.devices.config[0].opaque.parameters"
	for name, tc := range map[string]struct{ manifest, want string }{
		"value": {
			claim(`{type: netdev, netdev: {kind: macvlan, parent: eth0, mode: brigde}}`),
			at + `.netdev.mode: error: Unsupported value: "brigde": supported values: "bridge", "vepa", "private", "passthru"`,
		},
		"two values": {
			claim(`{type: netdev, netdev: {kind: dummy, mtu: 1, addresses: [192.0.2.1/24, 192.0.2.1]}}`),
			at + ".netdev.mtu: error: Invalid value: 1: must be 68 to 65535 bytes\n" +
				at + `.netdev.addresses[1]: error: Invalid value: "192.0.2.1": must be an address with a prefix length, such as 192.0.2.1/24 or 2001:db8::1/64`,
		},
		"unknown fields": {
			claim(`{type: netdev, color: red, netdev: {kind: dummy, size: 1}}`),
			at + ".color: error: unknown field \"color\"\n" + at + ".netdev.size: error: unknown field \"netdev.size\"",
		},
		"type of a value": {
			claim(`{type: netdev, netdev: {kind: dummy, mtu: large}}`),
			at + `.netdev.mtu: error: is a JSON string, must be a whole number from 0 to 4294967295`,
		},
		"no object": {claim(`dummy`), at + `: error: "\"dummy\"" is not an object: must be one such as {"type": "netdev", "netdev": {"kind": "dummy"}}`},
		"overridable": {
			claim(`{type: netdev, netdev: {kind: dummy}, overridable: [netdev.mtu]}`),
			at + `.overridable: error: Forbidden: only a DeviceClass may say what claims may override`,
		},
		"a request that is not there": {
			strings.Replace(claim(`{type: netdev, netdev: {kind: dummy}}`), "requests: [nic]", "requests: [nci]", 1),
			`f: document 1: ResourceClaim/data: spec.devices.config[0].requests[0]: error: the claim has no request "nci"`,
		},
		"roce over ipoib": {
			claim(`{type: combo, combo: {kind: roce, netdev: {kind: ipoib, parent: ib0, pkey: 1}}}`),
			at + `.combo.netdev.kind: error: Invalid value: "ipoib": RoCE is RDMA over Ethernet, which an InfiniBand interface does not carry: claim the RDMA device (type rdma) and the ipoib (type netdev) one by one`,
		},
		"roce over a function that has settings": {
			claim(`{type: combo, combo: {kind: roce, netdev: {kind: sriov-vf, vlan: 5000}}}`),
			at + `.combo.netdev.vlan: error: Invalid value: 5000: must be 0 to 4094`,
		},
		"the same name twice": {
			strings.Replace(claim(`{type: netdev, netdev: {kind: dummy, interfaceName: data0}}`), "network-devices}", "network-devices, count: 2}", 1),
			at + `.netdev.interfaceName: error: Invalid value: "data0": request "nic" of this claim has it already: choose another`,
		},
		"too many": {
			strings.Replace(claim(`{type: netdev, netdev: {kind: dummy}}`), "network-devices}", "network-devices, count: 9}", 1),
			`f: document 1: ResourceClaim/data: spec.devices.requests: error: the claim has 9 devices of dra.example.com, must have 1 to 8: spread more over several claims`,
		},
		"too many parts": {
			strings.Replace(claim(`{type: combo, combo: {kind: roce, netdev: {kind: dummy}}}`), "network-devices}", "network-devices, count: 5}", 1),
			`f: document 1: ResourceClaim/data: spec.devices.requests: error: the claim has devices of 10 parts, at most 8 are allowed and a combo has two: spread them over several claims`,
		},
		"a field of Kubernetes": {
			strings.Replace(claim(`{type: netdev, netdev: {kind: dummy}}`), "config:", "confg:", 1),
			`f: document 1: ResourceClaim/data: spec.devices.confg: error: unknown field "spec.devices.confg"`,
		},
		"an old version": {
			strings.Replace(claim(`{}`), "resource.k8s.io/v1", "resource.k8s.io/v1beta1", 1),
			`f: document 1: ResourceClaim/data: apiVersion: error: Unsupported value: "resource.k8s.io/v1beta1": supported values: "resource.k8s.io/v1"`,
		},
		"a key twice": {"a: 1\na: 2\n", `f: document 1: error: yaml: unmarshal errors:` + "\n" + `  line 2: key "a" already set in map`},
		"no YAML":     {"{{ .Values.claim }}\n", `f: document 1: error: `},
		"text":        {"hello\n", `f: document 1: error: is not an object of Kubernetes`},
		"of an unset class": {
			claim(`{netdev: {mtu: 1, mode: l3}}`),
			at + ".type: warning: is not set here: DeviceClass network-devices, which is in none of the files, has to set it\n" +
				at + `.netdev.mtu: error: Invalid value: 1: must be 68 to 65535 bytes`,
		},
		"that a class has to set": {
			claim(`{type: netdev, netdev: {kind: macvlan}}`),
			at + ".netdev.parent: warning: is not set here: DeviceClass network-devices, which is in none of the files, has to set it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := check(t, "f\n"+tc.manifest); !strings.HasPrefix(got, tc.want) || tc.want[len(tc.want)-1] != ' ' && got != tc.want+"\n" {
				t.Errorf("-want +got:\n%s", cmp.Diff(tc.want+"\n", got))
			}
		})
	}
}

// class is a manifest of the class that claim names.
func class(config string) string {
	return `
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: network-devices}
spec:
  selectors: [{cel: {expression: 'device.driver == "dra.example.com"'}}]
  config: ` + config + "\n"
}

func ofClass(parameters string) string {
	return class(`[{opaque: {driver: dra.example.com, parameters: ` + parameters + `}}]`)
}

// TestClass: a claim is laid over the class that it names, in whichever file that
// is, and what is wrong is said of the one that says it.
func TestClass(t *testing.T) {
	const (
		inClaim = "claims: document 1: ResourceClaim/data: spec.devices.config[0].opaque.parameters"
		inClass = "classes: document 1: DeviceClass/network-devices: spec.config[0].opaque.parameters"
	)
	storage := ofClass(`{type: netdev, overridable: [netdev.mtu], netdev: {kind: macvlan, parent: eth0, mode: private}}`)
	for name, tc := range map[string]struct{ claim, class, want string }{
		"completed":   {claim(`{netdev: {interfaceName: data0}}`), storage, ""},
		"overridden":  {claim(`{netdev: {mtu: 9000}}`), storage, ""},
		"the class's": {claim(`{netdev: {mode: private}}`), storage, ""},
		"fixed": {
			claim(`{netdev: {mode: vepa}}`), storage,
			inClaim + ".netdev.mode: error: Forbidden: the device class sets it to private and does not let claims change it\n",
		},
		"missing in both": {
			claim(`{netdev: {mtu: 9000}}`), ofClass(`{type: netdev, netdev: {kind: macvlan}}`),
			inClaim + ".netdev.parent: error: Required value: a macvlan needs the name of the host's link below it, such as eth0\n",
		},
		"wrong in the class": {
			claim(`{netdev: {mtu: 9000}}`), ofClass(`{type: netdev, netdev: {kind: macvlan, parent: eth0, mode: brigde}}`),
			inClass + `.netdev.mode: error: Unsupported value: "brigde": supported values: "bridge", "vepa", "private", "passthru"` + "\n",
		},
		"unknown in the class": {
			claim(`{netdev: {mtu: 9000}}`), ofClass(`{type: netdev, netdev: {kind: macvlan, mdoe: bridge}}`),
			inClass + ".netdev.mdoe: error: unknown field \"netdev.mdoe\"\n",
		},
		"no kind in the class, a bad bound": {
			"", ofClass(`{netdev: {mtu: 70000}, overridable: [netdev.mtu]}`),
			inClass + ".netdev.mtu: error: Invalid value: 70000: must be 68 to 65535 bytes\n",
		},
		"what only one kind has": {"", ofClass(`{netdev: {pkey: 1}}`), ""},
		"configured by nobody": {
			strings.Replace(claim(`{}`), "dra.example.com", "gpu.example.com", 1), class("[]"),
			"claims: document 1: ResourceClaim/data: spec.devices.requests[0]: error: Required value: the claim or its device class must configure the device, " +
				`for example {"type": "netdev", "netdev": {"kind": "dummy"}}` + "\n",
		},
		"another driver's class": {
			strings.Replace(claim(`{}`), "dra.example.com", "gpu.example.com", 1),
			strings.ReplaceAll(class("[]"), "dra.example.com", "gpu.example.com"), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, check(t, "claims\n"+tc.claim, "classes\n"+tc.class)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestWhere: documents, lists and alternatives of requests are told apart; what
// is not ours is passed over.
func TestWhere(t *testing.T) {
	bad := claim(`{type: netdev, netdev: {kind: dummy, mtu: 1}}`)
	alternatives := strings.Replace(bad, "exactly: {deviceClassName: network-devices}", "firstAvailable: [{name: card, deviceClassName: cards}, {name: any, deviceClassName: others}]", 1)
	item := "- " + strings.ReplaceAll(strings.TrimSpace(bad), "\n", "\n  ")
	for name, tc := range map[string]struct{ manifest, where string }{
		"third document":   {"# only words\n---\nkind: ConfigMap\napiVersion: v1\n---" + bad, "document 3: ResourceClaim/data: spec.devices.config[0]"},
		"list":             {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n" + item, "document 1: ResourceClaim/data: items[1].spec.devices.config[0]"},
		"list of claims":   {"apiVersion: resource.k8s.io/v1\nkind: ResourceClaimList\nitems:\n" + strings.Replace(strings.Replace(item, "apiVersion: resource.k8s.io/v1", "metadata: {name: data}", 1), "  kind: ResourceClaim\n  metadata: {name: data}\n", "", 1), "document 1: ResourceClaim/data: items[0].spec.devices.config[0]"},
		"template":         {strings.NewReplacer("ResourceClaim", "ResourceClaimTemplate", "spec:\n", "spec:\n spec:\n").Replace(bad), "document 1: ResourceClaimTemplate/data: spec.spec.devices.config[0]"},
		"alternatives":     {alternatives, "document 1: ResourceClaim/data: spec.devices.config[0]"},
		"JSON":             {`{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"data"},"spec":{"devices":{"requests":[{"name":"nic","exactly":{"deviceClassName":"c"}}],"config":[{"opaque":{"driver":"dra.example.com","parameters":{"type":"netdev","netdev":{"kind":"dummy","mtu":1}}}}]}}}`, "document 1: ResourceClaim/data: spec.devices.config[0]"},
		"another driver's": {strings.Replace(bad, "dra.example.com", "gpu.example.com", 1), ""},
		"another group":    {strings.Replace(bad, "resource.k8s.io/v1", "example.com/v1", 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			if tc.where != "" {
				want = "f: " + tc.where + ".opaque.parameters.netdev.mtu: error: Invalid value: 1: must be 68 to 65535 bytes\n"
			}
			if diff := cmp.Diff(want, check(t, "f\n"+tc.manifest)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestOtherDriversRequests: what is configured for all requests does not make a
// graphics card an interface of the same name.
func TestOtherDriversRequests(t *testing.T) {
	manifest := strings.NewReplacer(
		"requests: [{name: nic,", "requests: [{name: gpu, exactly: {deviceClassName: gpus}}, {name: nic,",
		"requests: [nic], ", "",
	).Replace(claim(`{type: netdev, netdev: {kind: dummy, interfaceName: data0}}`))
	if got := check(t, "f\n"+manifest); got != "" {
		t.Error(got)
	}
	if got := check(t, "f\n"+manifest, "g\n"+class("[]")); got != "" {
		t.Error(got)
	}
}

func TestNoPodlink(t *testing.T) {
	c := validate.New(validate.Config{Driver: driver, NoPodlink: true})
	if err := c.Add("f", strings.NewReader(claim(`{type: netdev, netdev: {kind: dummy, addresses: [192.0.2.1/24]}}`))); err != nil {
		t.Fatal(err)
	}
	if got := written(t, c.Report()); !strings.Contains(got, "netdev.addresses: error: Forbidden: podlink") {
		t.Error(got)
	}
}

// TestShipped: what the repository ships is right.
func TestShipped(t *testing.T) {
	files, err := filepath.Glob("../../deploy/examples/*.yaml")
	if err != nil || len(files) < 9 {
		t.Fatalf("%v, %v", files, err)
	}
	c := validate.New(validate.Config{Driver: driver})
	for _, name := range append(files, "../../deploy/deployment.yaml", "../../deploy/multi-nic-deployment.yaml", "../../deploy/base/resourceclass.yaml") {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(name, f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	r := c.Report()
	if got := written(t, r); got != "" || r.Objects < 16 {
		t.Errorf("%d objects:\n%s", r.Objects, got)
	}
}
