package scale

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/hawser-dra/hawser/test/product"
)

// audited are the requests of the drivers of each node, as the API server has
// written them down.
func audited(t *testing.T, file string) map[string]map[Call]int64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked, seen := map[string]map[Call]int64{}, map[string]bool{}
	for lines := json.NewDecoder(f); ; {
		var event struct {
			AuditID string
			User    struct {
				Username string
				Extra    map[string][]string
			}
			Verb      string
			ObjectRef struct{ Resource, Subresource string }
		}
		if err := lines.Decode(&event); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // it is being written
			return asked
		} else if err != nil {
			t.Fatal(err)
		}
		node := event.User.Extra["authentication.kubernetes.io/node-name"]
		// A watch has an event when it begins and one when it ends.
		if event.User.Username != "system:serviceaccount:"+product.Namespace+":"+product.DaemonSet || len(node) != 1 || seen[event.AuditID] {
			continue
		}
		seen[event.AuditID] = true
		call := Call{event.Verb, event.ObjectRef.Resource}
		if event.ObjectRef.Subresource != "" {
			call.Resource += "/" + event.ObjectRef.Subresource
		}
		if asked[node[0]] == nil {
			asked[node[0]] = map[Call]int64{}
		}
		asked[node[0]][call]++
	}
}
