package docs

import (
	"fmt"
	"regexp"
	"strings"
)

// Manifest is a YAML block, completed to one that can be applied.
type Manifest struct {
	Path string
	Line int
	Text string
}

// others is of a manifest for Multus, which those who come from it have.
var others = regexp.MustCompile(`(?m)^apiVersion: k8s\.cni\.cncf\.io/`)

// Manifests returns those of the yaml blocks, but for Multus'. A block may be a
// part of a claim: its parameters or their netdev, its configuration, the selectors
// of its request.
func (d *Document) Manifests() (all []Manifest) {
	for _, b := range d.Blocks {
		if b.Language == "yaml" && !others.MatchString(b.Text) {
			all = append(all, Manifest{Path: d.Path, Line: b.Line, Text: complete(b.Text, fmt.Sprintf("line-%d", b.Line))})
		}
	}
	return all
}

var (
	firstKey = regexp.MustCompile(`(?m)^(- )?([A-Za-z]+):`)
	named    = regexp.MustCompile(`requests: \["([a-z0-9-]+)"\]`)
)

// complete puts a part into a claim of that name.
func complete(text, name string) string {
	key := ""
	if m := firstKey.FindStringSubmatch(text); m != nil {
		key = m[2]
	}
	switch key {
	case "netdev":
		return complete("type: netdev\n"+text, name)
	case "type":
		return complete("parameters:\n"+indent(text, 2), name)
	case "parameters":
		return complete("config:\n  - opaque:\n      driver: dra.example.com\n"+indent(text, 6), name)
	case "selectors":
		return claim(name, "requests:\n  - name: nic\n    exactly:\n      deviceClassName: network-devices\n"+indent(text, 6)+
			"config:\n  - opaque:\n      driver: dra.example.com\n      parameters: {type: netdev, netdev: {kind: dummy}}\n")
	case "config":
		requests := ""
		for _, m := range append(named.FindAllStringSubmatch(text, -1), []string{"", "nic"}) {
			if line := "  - {name: " + m[1] + ", exactly: {deviceClassName: network-devices}}\n"; !strings.Contains(requests, line) {
				requests += line
			}
		}
		return claim(name, "requests:\n"+requests+text)
	case "requests":
		return claim(name, text)
	}
	return text
}

func claim(name, devices string) string {
	return "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata:\n  name: " + name + "\nspec:\n  devices:\n" + indent(devices, 4)
}

func indent(text string, by int) string {
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+pad) + "\n"
}
