package record_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/record"
)

const valid = `{"version":1,
 "claim":{"uid":"0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11","namespace":"default","name":"net"},"hostNetns":4026531840,
 "devices":[{"key":"d0","request":"nic","pool":"node1","device":"netdev-virtual","cdi":"dra.example.com/claim=x","config":{},
  "link":{"name":"net1","hostName":"hwabc","alias":"hawser/u/d0","mac":"02:00:00:00:00:01","addresses":["192.0.2.1/24"]}}]}`

func TestRoundTrip(t *testing.T) {
	want, err := record.Parse([]byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if d := got.Device("d0"); d == nil || d.Link.Name != "net1" {
		t.Errorf("Device(d0) = %+v", d)
	}
	if d := got.Device("d1"); d != nil {
		t.Errorf("Device(d1) = %+v, want none", d)
	}
}

func TestParseRefuses(t *testing.T) {
	replace := func(old, with string) string {
		if !strings.Contains(valid, old) {
			t.Fatalf("the valid record has no %s", old)
		}
		return strings.Replace(valid, old, with, 1)
	}
	head, _, _ := strings.Cut(valid, `"devices"`)
	for name, tc := range map[string]struct{ in, want string }{
		"empty":           {"", "EOF"},
		"truncated":       {valid[:len(valid)/2], "unexpected EOF"},
		"trailing":        {valid + "{}", "more data"},
		"unknown field":   {replace(`"version":1`, `"version":1,"hook":"/bin/sh"`), `unknown field "hook"`},
		"version":         {replace(`"version":1`, `"version":2`), "version is 2, must be 1"},
		"uid":             {replace("0b0f6f0e-7a39", "../../etc"), "claim.uid"},
		"key":             {replace(`"key":"d0"`, `"key":"D 0"`), "devices[0]: key"},
		"no host netns":   {replace(`"hostNetns":4026531840`, `"hostNetns":0`), "hostNetns is missing"},
		"no device":       {head + `"devices":[]}`, "devices: 0"},
		"name":            {replace(`"name":"net1"`, `"name":"net%d"`), "link: name"},
		"host name":       {replace("hwabc", "a/b"), "link: hostName"},
		"no alias":        {replace("hawser/u/d0", ""), "link: alias"},
		"long alias":      {replace("hawser/u/d0", strings.Repeat("x", 256)), "link: alias has 256 bytes"},
		"mac":             {replace("02:00:00:00:00:01", "02"), "link: mac"},
		"address":         {replace("192.0.2.1/24", "192.0.2.1"), "link: addresses[0]"},
		"feature's name":  {replace(`"mac":`, `"offloads":{"ethtool":{"features":{"a b":true}}},"mac":`), `link: offloads: ethtool: features: "a b"`},
		"many rings":      {replace(`"mac":`, `"offloads":{"ethtool":{"rings":{`+many(65)+`}}},"mac":`), "ethtool: rings: 65"},
		"another offload": {replace(`"mac":`, `"offloads":{"gso":1},"mac":`), `unknown field "gso"`},
		"many addresses":  {replace(`"192.0.2.1/24"`, strings.Repeat(`"192.0.2.1/24",`, 16)+`"192.0.2.1/24"`), `addresses: "17": must have at most 16 items`},
		"too many bytes":  {valid + strings.Repeat(" ", record.MaxSize), "bytes, at most"},
		"reserved name":   {replace(`"name":"net1"`, `"name":"all"`), `link: name "all" is reserved`},
		"address's field": {replace(`"192.0.2.1/24"`, `{"address":"192.0.2.1/24","hook":"/bin/sh"}`), `unknown field "hook"`},
		"route":           {replace(`"addresses":`, `"routes":[{"destination":"0.0.0.0/0"}],"addresses":`), "link: routes[0].destination"},
		"rule":            {replace(`"addresses":`, `"rules":[{"priority":1,"mark":1,"table":255}],"addresses":`), "link: rules[0].table"},
		"neighbor":        {replace(`"addresses":`, `"neighbors":[{}],"addresses":`), "link: neighbors[0].address"},
		"vrf":             {replace(`"addresses":`, `"vrf":{"name":"../x","table":7},"addresses":`), "link: vrf.name"},
		"sysctl":          {replace(`"addresses":`, `"sysctls":{"ipv4.../../../kernel/panic":1},"addresses":`), "link: sysctls"},
		"no part":         {replace(`"link":`, `"rdma":null,"link":null,"linkx":`), "unknown field"},
		"claim too long":  {replace(`"name":"net"`, `"name":"`+strings.Repeat("n", 254)+`"`), "claim: name"},
		"ibdev":           {replace(`"link":`, `"rdma":{"ibdev":"a/b"},"link":`), "rdma: ibdev"},
		"host's disk":     {replace(`"link":`, `"rdma":{"ibdev":"rxe0","charDevices":[{"path":"/dev/sda","major":8,"minor":0}]},"link":`), `rdma: char device "/dev/sda"`},
		"up the tree":     {replace(`"link":`, `"rdma":{"ibdev":"rxe0","charDevices":[{"path":"/dev/infiniband/../kmsg","major":1,"minor":11}]},"link":`), "rdma: char device"},
		"many files":      {replace(`"link":`, `"rdma":{"ibdev":"rxe0","charDevices":[`+strings.TrimSuffix(strings.Repeat(`{"path":"/dev/infiniband/uverbs0","major":231,"minor":192},`, 17), ",")+`]},"link":`), "charDevices: 17"},
		"neither of them": {`{"version":1,"claim":{"uid":"0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11","namespace":"","name":""},"hostNetns":1,"devices":[{"key":"d0","request":"","pool":"","device":"","cdi":"","config":{}}]}`, "neither link nor rdma"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := record.Parse([]byte(tc.in))
			if err == nil {
				t.Fatalf("no error, got %+v", r)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %q lacks %q", err, tc.want)
			}
		})
	}
}

// many is a JSON object's inside with so many numbers.
func many(n int) string {
	var fields []string
	for i := range n {
		fields = append(fields, fmt.Sprintf(`"f%d":1`, i))
	}
	return strings.Join(fields, ",")
}

func TestKeyTwice(t *testing.T) {
	r, err := record.Parse([]byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	r.Devices = append(r.Devices, r.Devices[0])
	if _, err := r.Marshal(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}
