package pipeline

import (
	"net/http"
	"net/url"
	"strings"
)

// namespaceSubresources are what may follow /namespaces/{name}/ without being a resource in that namespace.
var namespaceSubresources = map[string]bool{"status": true, "finalize": true}

// ParseInfo reads what a request asks for out of its method and path, by the rules of the API: /api/v1/pods,
// /apis/apps/v1/namespaces/x/deployments/y/scale, the deprecated /watch/ and /proxy/ prefixes. It never fails: a path that
// is not a resource's is one of the other kind. What the query adds is added by NewRequest.
func ParseInfo(method, path string) Info {
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
	if prefix := parts[0]; prefix == "watch" || prefix == "proxy" {
		info.Verb, parts = prefix, parts[1:]
		if prefix == "watch" {
			info.Watched = len(parts)
		}
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
	info.Complete()
	return info
}

// Complete turns get and delete of what has no name into list and deletecollection.
func (i *Info) Complete() {
	switch {
	case i.Name != "":
	case i.Verb == "get":
		i.Verb = "list"
	case i.Verb == "delete":
		i.Verb = "deletecollection"
	}
}

// ofCollection says whether the request is about those objects of a collection that its selectors choose.
func (i *Info) ofCollection() bool {
	return i.IsResource && (i.Verb == "list" || i.Verb == "watch" || i.Verb == "deletecollection")
}

func validSegment(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/%")
}

// IsTrue reads a boolean query parameter as upstream does: present and not 0 or false.
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
