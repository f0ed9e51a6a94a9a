package scale

import (
	"net/http"
	"strings"
)

// verbs of requests for objects, by method. A GET without a name is a list or a
// watch.
var verbs = map[string]string{
	http.MethodGet: "get", http.MethodPost: "create", http.MethodPut: "update",
	http.MethodPatch: "patch", http.MethodDelete: "delete",
}

// callOf reads what a request is for from its address, as the API server does.
func callOf(req *http.Request) Call {
	words := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	switch {
	case len(words) > 2 && words[0] == "api":
		words = words[2:] // api, version
	case len(words) > 3 && words[0] == "apis":
		words = words[3:] // apis, group, version
	default:
		return Call{verbs[req.Method], req.URL.Path} // not a resource
	}
	if len(words) > 2 && words[0] == "namespaces" {
		words = words[2:]
	}
	call := Call{verbs[req.Method], words[0]}
	if len(words) > 2 {
		call.Resource += "/" + words[2]
	}
	switch {
	case req.URL.Query().Get("watch") != "":
		call.Verb = "watch"
	case len(words) == 1 && call.Verb == "get":
		call.Verb = "list"
	}
	return call
}
