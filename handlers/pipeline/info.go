package pipeline

import (
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
)

// namespaceSubresources are what may follow /namespaces/{name}/ without being a resource in that namespace.
var namespaceSubresources = map[string]bool{"status": true, "finalize": true}

// ParseInfo reads what a request asks for out of its method and path, by the rules of the API: /api/v1/pods,
// /apis/apps/v1/namespaces/x/deployments/y/scale, the deprecated /watch/ and /proxy/ prefixes. It never fails: a path that
// is not a resource's is one of the other kind.
func ParseInfo(method string, path string, query url.Values) Info {
	info := Info{Path: path, Verb: strings.ToLower(method)}
	parts := segments(path)
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		info.Version, parts = parts[1], parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		info.Group, info.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return info
	}
	info.IsResource = true
	info.Verb = MethodVerb(method)
	if (parts[0] == "watch" || parts[0] == "proxy") && len(parts) > 1 {
		info.Verb, parts = parts[0], parts[1:]
	} else if parts[0] == "watch" || parts[0] == "proxy" {
		info.Verb, parts = parts[0], nil
	}
	if len(parts) > 1 && parts[0] == "namespaces" {
		info.Namespace = parts[1]
		if len(parts) > 2 && !namespaceSubresources[parts[2]] {
			parts = parts[2:]
		}
	}
	if len(parts) > 0 {
		info.Resource = parts[0]
	}
	if len(parts) > 1 {
		info.Name = parts[1]
	}
	if len(parts) > 2 {
		info.Subresource = parts[2]
	}
	if len(parts) > 3 {
		info.Parts = parts[3:]
	}
	info.Refine(query)
	return info
}

// Refine turns get and delete of a collection into list, watch and deletecollection. A list of the one object
// that a field selector names carries that name, so that an authorizer may allow it to who may see only that object.
func (i *Info) Refine(query url.Values) {
	if i.Name != "" {
		return
	}
	switch i.Verb {
	case "get", "list":
		i.Verb = "list"
		if IsTrue(query, "watch") {
			i.Verb = "watch"
		}
	case "delete":
		i.Verb = "deletecollection"
	}
	if i.Name == "" && (i.Verb == "list" || i.Verb == "watch" || i.Verb == "deletecollection") {
		if selector, err := fields.ParseSelector(query.Get("fieldSelector")); err == nil {
			if name, ok := selector.RequiresExactMatch("metadata.name"); ok && validSegment(name) {
				i.Name = name
			}
		}
	}
}

func validSegment(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/%")
}

// IsTrue reads a boolean query parameter as the original does: present and not 0 or false.
func IsTrue(query url.Values, key string) bool {
	v, ok := query[key]
	return ok && len(v) > 0 && strings.ToLower(v[0]) != "false" && v[0] != "0"
}

// MethodVerb is the verb of a method on one object.
func MethodVerb(method string) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodGet, http.MethodHead:
		return "get"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	}
	return ""
}

func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// MayWatch says whether a request looks like a watch, before anything is parsed. One that is written in another way, such as
// with a percent sign, is a watch all the same.
func MayWatch(r *http.Request) bool {
	return strings.Contains(r.URL.RawQuery, "watch=") || strings.Contains(r.URL.Path, "/watch/")
}
