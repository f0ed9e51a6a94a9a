package docs

import (
	"regexp"
	"slices"
	"strings"
)

// Command is what a document tells people to run.
type Command struct {
	Path string
	Line int
	Text string
	// OnNode says that it is for a shell on a node.
	OnNode bool
}

// First words of commands: those for wherever kubectl is, and those for nodes.
var (
	programs     = []string{"kubectl", "make", "docker", "kind", "helm", "go", "dra-driver", "export", "cd", "git", "curl"}
	nodePrograms = []string{"ip", "modprobe", "uname", "dmesg", "rdma", "ethtool", "lspci"}
)

// Commands returns those of the sh blocks, and those in a sentence or a table.
func (d *Document) Commands() (all []Command) {
	for _, b := range d.Blocks {
		if b.Language == "sh" {
			all = append(all, d.ofBlock(b)...)
		}
	}
	for _, s := range d.Spans() {
		c := Command{Path: d.Path, Line: s.Line, Text: s.Text}
		words := strings.Fields(s.Text)
		switch {
		case slices.Contains(nodePrograms, words[0]) && strings.Contains(s.After, "on the node"):
			c.OnNode = true
		case words[0] == "make" && len(words) > 1: // the others are named more often than shown
		case slices.Contains(programs, words[0]) && len(words) > 2:
		default:
			continue
		}
		all = append(all, c)
	}
	return all
}

// ofBlock joins continued lines and leaves out comments.
func (d *Document) ofBlock(b Block) (all []Command) {
	text, first := "", 0
	for i, line := range strings.Split(b.Text, "\n") {
		if line, _, _ = strings.Cut(line, " #"); strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" && text == "" {
			continue
		}
		if text == "" {
			first = b.Line + i
		}
		part, more := strings.CutSuffix(strings.TrimSpace(line), `\`)
		text += part
		if !more {
			all = append(all, Command{Path: d.Path, Line: first, Text: strings.TrimSpace(text)})
			text = ""
		}
	}
	return all
}

// Targets are those of a make command, and the variables that it sets.
func (c *Command) Targets() (targets, variables []string) {
	words := strings.Fields(values.ReplaceAllString(c.Text, ""))
	if words[0] != "make" {
		return nil, nil
	}
	for _, w := range words[1:] {
		if name, _, set := strings.Cut(w, "="); set {
			variables = append(variables, name)
		} else {
			targets = append(targets, w)
		}
	}
	return targets, variables
}

// values are what variables are set to, in quotes.
var values = regexp.MustCompile(`"[^"]*"|'[^']*'`)

// Proof returns the test that runs the command, if e2e does not.
func (c *Command) Proof() *Proof {
	for i := range Proofs {
		if strings.HasPrefix(c.Text, Proofs[i].Command) {
			return &Proofs[i]
		}
	}
	return nil
}

// OnCluster says whether e2e runs it.
func (c *Command) OnCluster() bool {
	return c.OnNode || strings.HasPrefix(c.Text, "kubectl ") && c.Proof() == nil
}

// Placeholders are the words that stand for a reader's own.
var Placeholders = regexp.MustCompile(`\b(?:NAME|UID)\b`)
