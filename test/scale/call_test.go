package scale

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCallOf(t *testing.T) {
	for target, want := range map[string]Call{
		"GET /api/v1/nodes/a": {"get", "nodes"},
		"GET /api/v1/nodes":   {"list", "nodes"},
		"GET /apis/resource.k8s.io/v1/resourceslices?watch=true":                      {"watch", "resourceslices"},
		"POST /apis/resource.k8s.io/v1/resourceslices":                                {"create", "resourceslices"},
		"PUT /apis/resource.k8s.io/v1/resourceslices/a":                               {"update", "resourceslices"},
		"PATCH /apis/resource.k8s.io/v1/namespaces/n/resourceclaims/a/status?force=1": {"patch", "resourceclaims/status"},
		"GET /apis/resource.k8s.io/v1/namespaces/n/resourceclaims":                    {"list", "resourceclaims"},
		"GET /api/v1/namespaces/n":                                                    {"get", "namespaces"},
		"GET /version":                                                                {"get", "/version"},
	} {
		method, address, _ := strings.Cut(target, " ")
		if got := callOf(httptest.NewRequest(method, address, nil)); got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
}
