package metrics

import (
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// verbs are upstream's names of verbs in metrics.
var verbs = map[string]string{
	"get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
	"delete": "DELETE", "deletecollection": "DELETE", "proxy": "CONNECT",
}

// subjectOf is what a request is counted as; false when it is not counted.
func subjectOf(r *pipeline.Request, page func(string) string) (subject, bool) {
	if !r.Info.IsResource {
		return pageSubject(r, page(r.Info.Path))
	}
	if r.Resource == nil {
		return subject{}, false
	}
	s := subject{
		verb: verbs[r.Info.Verb], dryRun: dryRun(r), component: "apiserver", scope: scope(r),
		group: r.Resource.Group, version: r.Resource.Version, resource: r.Resource.Resource, subresource: r.Resource.Subresource,
	}
	switch {
	case s.verb == "":
		s.verb = "other"
	case len(r.Resource.Connect) > 0 || r.Resource.Text:
		s.verb = "CONNECT"
	case s.verb == "PATCH" && r.HTTP.Header.Get("Content-Type") == "application/apply-patch+yaml":
		s.verb = "APPLY"
	}
	return s, true
}

// pageSubject counts pages that are not resources under their own path, never under one that a client made up.
// Upstream writes those of discovery without a slash before them and counts them as the API server's own.
func pageSubject(r *pipeline.Request, page string) (subject, bool) {
	if page == "" {
		return subject{}, false
	}
	s := subject{verb: "other", subresource: page, dryRun: ""}
	switch r.HTTP.Method {
	case http.MethodHead:
		s.verb = "GET"
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		s.verb = r.HTTP.Method
	}
	switch page {
	case "/api", "/apis":
		s.component = "apiserver"
		s.subresource = page[1:]
	case "/openapi/v2", "/openapi/v3":
		s.subresource = page[1:]
	}
	return s, true
}

// scope says whether a request is about one object, those of a namespace, or all. A name that a field selector gave does
// not make a collection one object.
func scope(r *pipeline.Request) string {
	name := r.Info.Name != ""
	switch r.Info.Verb {
	case "list", "deletecollection":
		name = false
	case "watch":
		name = name && strings.HasSuffix(r.Info.Path, "/"+r.Info.Name)
	case "create":
		name = true
	}
	switch {
	case name:
		return "resource"
	case r.Resource.Namespaced && r.Info.Namespace != "":
		return "namespace"
	}
	return "cluster"
}

// dryRun is the one value that there is, or that the request has another one.
func dryRun(r *pipeline.Request) string {
	asked, given := r.Query["dryRun"]
	switch {
	case !given || len(asked) == 0:
		return ""
	case slices.ContainsFunc(asked, func(s string) bool { return s != metav1.DryRunAll }):
		return "invalid"
	}
	return metav1.DryRunAll
}
