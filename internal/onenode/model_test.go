package onenode

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/journal"
)

// model is what ought to be on the node when everything has settled.
type model struct {
	claims []*modelClaim
	pods   map[string]*testns.Pod
}

// modelClaim is one claim. Its devices are at "host", in a pod, by name, or,
// when it is not prepared, nowhere.
type modelClaim struct {
	rc       *resourceapi.ResourceClaim
	kinds    []string
	prepared bool
	at       []string
}

const onHost = "host"

func (c *modelClaim) uid() string         { return string(c.rc.UID) }
func (c *modelClaim) alias(i int) string  { return fmt.Sprintf("hawser/%s/d%d", c.uid(), i) }
func (c *modelClaim) ifname(i int) string { return fmt.Sprintf("%sd%d", c.rc.Name, i) }

// facts is what can be seen of the claims: in the kernel, in the specs, in the
// records, in the journal.
type facts struct {
	Host    map[string]string   // link of the host by alias: its name
	Pods    map[string][]string // links by pod
	Specs   map[string][]string // by claim
	Records []string            // claims
	Journal []string            // attachments
}

// want is what the model says. Names of links on the host are the node's to
// choose: got says which they are.
func (m *model) want(got facts) facts {
	f := facts{Host: map[string]string{}, Pods: map[string][]string{}, Specs: map[string][]string{}}
	for name := range m.pods {
		f.Pods[name] = nil
	}
	for _, c := range m.claims {
		if !c.prepared {
			continue
		}
		var listed []string
		for i, at := range c.at {
			name := ""
			if at == onHost {
				name = got.Host[c.alias(i)]
				f.Host[c.alias(i)] = name
			} else {
				f.Pods[at] = append(f.Pods[at], c.ifname(i))
			}
			if c.kinds[i] == "veth" {
				f.Host[c.alias(i)+"/host"] = got.Host[c.alias(i)+"/host"]
			}
			listed = append(listed, name)
			f.Journal = append(f.Journal, c.alias(i))
		}
		f.Specs[c.uid()] = listed
		f.Records = append(f.Records, c.uid())
	}
	for _, links := range f.Pods {
		slices.Sort(links)
	}
	return f
}

// see looks at the node.
func (n *node) see(m *model) facts {
	n.t.Helper()
	f := facts{Host: map[string]string{}, Pods: map[string][]string{}, Specs: map[string][]string{}}
	for _, l := range ownLinks(n.t) {
		alias := l.Attrs().Alias
		if alias == "" {
			alias = "no alias: " + l.Attrs().Name
		}
		f.Host[alias] = l.Attrs().Name
	}
	for name, pod := range m.pods {
		links := pod.Links()
		slices.Sort(links)
		f.Pods[name] = links
	}
	devices := map[string]int{}
	for _, c := range m.claims {
		devices[c.uid()] = len(c.at)
	}
	for _, uid := range n.files(n.cdi, driverName+"-claim-", ".json") {
		f.Specs[uid] = n.listed(uid, devices[uid])
	}
	f.Records = n.files(n.state, "", record.Suffix)
	f.Journal = n.journal()
	return f
}

// files returns the names of a directory's files without prefix and suffix.
// Files that are still being written are passed over.
func (n *node) files(dir, prefix, suffix string) (names []string) {
	n.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".tmp") {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(e.Name()), prefix), suffix))
		}
	}
	return names
}

// journal returns the attachments that netagent remembers. One that is not
// settled says so.
func (n *node) journal() (marks []string) {
	n.t.Helper()
	j, err := journal.Open(n.config.JournalDir, slog.New(slog.DiscardHandler))
	if err != nil {
		n.t.Fatal(err)
	}
	defer j.Close()
	entries, err := j.All()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, e := range entries {
		mark := fmt.Sprintf("hawser/%s/%s", e.Claim, e.Key)
		if e.Made == nil || e.Leaving {
			mark += fmt.Sprintf(" made %v leaving %v", e.Made, e.Leaving)
		}
		marks = append(marks, mark)
	}
	return marks
}

// diff says where node and model disagree; "" is nowhere.
func (n *node) diff(m *model) string {
	n.t.Helper()
	got := n.see(m)
	return cmp.Diff(m.want(got), got)
}
