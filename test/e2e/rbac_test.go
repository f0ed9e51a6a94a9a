package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// driverAgent is how the driver's own requests begin their user agent. The tests
// use tokens of its account too.
const driverAgent = "hawser/"

// apiRequest is a request to the API server, as far as RBAC sees it.
type apiRequest struct{ group, resource, verb string }

// fallbacks are asked for by the Kubernetes libraries where an API server lacks
// something that the test cluster's has.
var fallbacks = map[apiRequest]string{
	{"resource.k8s.io", "resourceslices", "list"}: "it does not stream lists",
}

func (r apiRequest) String() string { return r.verb + " " + r.resource + "." + r.group }

// checkRBAC compares what the driver may do, as deploy/ says, with what it did
// while the tests ran: nothing that it asked for was refused, and, if all tests
// ran, there is nothing that it may do and never did.
func checkRBAC(all bool) error {
	asked, err := askedFor(theCluster.AuditLogFile())
	if err != nil {
		return err
	}
	granted, err := grants(filepath.Join(repo, "deploy/driver.yaml"))
	if err != nil {
		return err
	}
	var errs []error
	for r, code := range asked {
		if code == 401 || code == 403 || !granted[r] {
			errs = append(errs, fmt.Errorf("RBAC: the driver asked to %s: code %d, granted: %t", r, code, granted[r]))
		}
	}
	for _, r := range slices.SortedFunc(maps.Keys(granted), func(a, b apiRequest) int { return strings.Compare(a.String(), b.String()) }) {
		if _, used := asked[r]; all && !used && fallbacks[r] == "" {
			errs = append(errs, fmt.Errorf("RBAC: the driver may %s and never did", r))
		}
	}
	if len(asked) == 0 {
		errs = append(errs, errors.New("RBAC: the audit log has no request of the driver"))
	}
	return errors.Join(errs...)
}

// askedFor reads an audit log: each kind of request that the driver made, and the
// worst answer to it.
func askedFor(file string) (map[apiRequest]int, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	defer f.Close()
	asked := map[apiRequest]int{}
	lines := json.NewDecoder(bufio.NewReader(f))
	for {
		var event struct {
			User           struct{ Username string }
			UserAgent      string
			Verb           string
			ObjectRef      struct{ APIGroup, Resource, Subresource string }
			ResponseStatus struct{ Code int }
		}
		err := lines.Decode(&event)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // a line that is being written
			return asked, nil
		}
		if err != nil {
			return nil, fmt.Errorf("audit log: %w", err)
		}
		if !strings.HasSuffix(event.User.Username, ":"+driverNamespace+":"+driverAccount) || !strings.HasPrefix(event.UserAgent, driverAgent) {
			continue
		}
		r := apiRequest{event.ObjectRef.APIGroup, event.ObjectRef.Resource, event.Verb}
		if s := event.ObjectRef.Subresource; s != "" {
			r.resource += "/" + s
		}
		asked[r] = max(asked[r], event.ResponseStatus.Code)
	}
}

// grants reads the driver's ClusterRole. The resource "resourceclaims/driver" is
// no request's: the API server asks for it when a claim's status is written.
func grants(file string) (map[apiRequest]bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	granted := map[apiRequest]bool{}
	documents := yaml.NewYAMLOrJSONDecoder(f, 4096)
	for {
		var role rbacv1.ClusterRole
		if err := documents.Decode(&role); errors.Is(err, io.EOF) {
			return granted, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if role.Kind != "ClusterRole" {
			continue
		}
		for _, rule := range role.Rules {
			add(granted, rule)
		}
	}
}

func add(granted map[apiRequest]bool, rule rbacv1.PolicyRule) {
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				if resource != "resourceclaims/driver" {
					granted[apiRequest{group, resource, verb}] = true
				}
			}
		}
	}
}
