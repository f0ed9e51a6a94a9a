package v1alpha1

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/hawser-dra/hawser/internal/ifname"
)

// The optional admission policy says in CEL what this package says in Go.
const policyFile = "../../../deploy/parameters-policy.yaml"

// TestPolicyKnowsEverything: the policy refuses no field, type, kind or mode that
// this package takes.
func TestPolicyKnowsEverything(t *testing.T) {
	v := policyVariables(t)
	wantIn(t, "fields", v["fields"], jsonNames(reflect.TypeFor[DeviceConfig]()))
	wantIn(t, "netdevFields", v["netdevFields"], jsonNames(reflect.TypeFor[Netdev]()))
	wantIn(t, "ethtoolFields", v["ethtoolFields"], jsonNames(reflect.TypeFor[Ethtool]()))
	wantIn(t, "types", v["types"], asText(types))
	wantIn(t, "netdevKinds", v["netdevKinds"], asText(kinds[TypeNetdev]))
	wantIn(t, "reservedNames", v["reservedNames"], ifname.Reserved)
	var modes map[string][]string
	if err := json.Unmarshal([]byte(v["modes"]), &modes); err != nil {
		t.Fatal(err)
	}
	for kind, f := range fields {
		if !slices.Equal(modes[string(kind)], f.modes) {
			t.Errorf("modes of %s: %v, want %v", kind, modes[string(kind)], f.modes)
		}
	}
}

func policyVariables(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n---\n")
	var policy struct {
		Spec struct {
			Variables []struct{ Name, Expression string }
		}
	}
	if err := yaml.Unmarshal([]byte(first), &policy); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, v := range policy.Spec.Variables {
		all[v.Name] = v.Expression
	}
	return all
}

// wantIn looks for the words of want in a CEL expression.
func wantIn(t *testing.T, name, expression string, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(expression, `"`+w+`"`) {
			t.Errorf("%s: variable %s lacks %q: %s", policyFile, name, w, expression)
		}
	}
}

func jsonNames(typ reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue // its fields come by themselves
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func asText[T ~string](values []T) (s []string) {
	for _, v := range values {
		s = append(s, string(v))
	}
	return s
}
