package handlers

import (
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// answer finds the backend of a request that may be made: a page, a resource that is stored here, a connection, or another
// server that serves the group-version.
func (s *Server) answer(r *pipeline.Request) error {
	if r.Resource != nil {
		return s.answerResource(r)
	}
	if e := s.elsewhere(&r.Info); e != nil {
		return e.Connector.Connect(r.Writer, r.HTTP, resource.Connection{Query: r.Query, User: *r.User})
	}
	switch {
	case !r.Info.IsResource:
		s.pages.ServeHTTP(r.Writer, r.HTTP)
		return nil
	}
	// A Status is what the routes of the groups of the model answer; below all others there are pages.
	if g := s.registry.Group(r.Info.Group); g != nil && g.Has(resource.BuiltIn) {
		return pipeline.NotFound()
	}
	// A subresource that a definition does not have is looked for in its objects.
	gvr := schema.GroupVersionResource{Group: r.Info.Group, Version: r.Info.Version, Resource: r.Info.Resource}
	if parent := s.registry.Get(gvr); parent != nil && r.Info.Subresource != "" {
		if parent.Warning != "" {
			r.Writer.Warn(parent.Warning)
		}
		return apierrors.NewNotFound(parent.GroupResource(), r.Info.Name)
	}
	notFoundPage(r.Writer)
	return nil
}

// answerResource answers for a resource of this server.
func (s *Server) answerResource(r *pipeline.Request) error {
	res := r.Resource
	switch {
	case !hasPath(r), len(r.Info.Parts) > 0 && len(res.Connect) == 0:
		return pipeline.NotFound()
	case res.Strategy.Connector != nil && connects(r):
		to := resource.Connection{Namespace: r.Info.Namespace, Name: r.Info.Name, Parts: r.Info.Parts, Query: r.Query, User: *r.User}
		if !res.Text { // logs are read, and not connected to
			if err := s.connect(r, &to); err != nil {
				return err
			}
		}
		return res.Strategy.Connector.Connect(r.Writer, r.HTTP, to)
	}
	return s.verbs.Handle(r)
}

// connects says whether the method is one of the connection.
func connects(r *pipeline.Request) bool {
	if r.Resource.Text {
		return r.HTTP.Method == http.MethodGet
	}
	return slices.Contains(r.Resource.Connect, strings.ToLower(r.HTTP.Method))
}

// elsewhere is the other server that a path belongs to: one of a resource, or that of the group-version itself, which is no
// resource's.
func (s *Server) elsewhere(info *pipeline.Info) *resource.Elsewhere {
	if info.IsResource {
		return s.registry.Elsewhere(info.Group, info.Version)
	}
	rest, below := strings.CutPrefix(info.Path, "/apis/")
	group, version, found := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if !below || !found || strings.Contains(version, "/") {
		return nil
	}
	return s.registry.Elsewhere(group, version)
}

// forget drops what is kept of a resource that is not served any more, and ends its watches.
func (s *Server) forget(gone *resource.Resource) {
	s.verbs.EndWatchesOf(gone.GVR())
	last := true
	if g := s.registry.Group(gone.Group); g != nil {
		for _, v := range g.Versions {
			last = last && v.Resource(gone.Resource) == nil
		}
	}
	s.options.Metrics.Forget(gone.GVR(), last)
}

// Verbs by the paths that they are at.
var (
	ofObjects     = []string{"get", "update", "patch", "delete"}
	ofCollections = []string{"create", "list", "watch", "deletecollection"}
	ofEverywhere  = []string{"list", "watch"}
)

// hasPath says whether a path of this form is one of the resource, for any method: of a resource of the cluster none
// is below a namespace, and of a namespaced one an object is nowhere else; and a path that no verb of the resource is at is
// none, such as one of an object of what can only be created.
func hasPath(r *pipeline.Request) bool {
	res := r.Resource
	switch {
	case res.Group == "" && res.Resource == "namespaces":
		if isBelowNamespace(r.Info.Path) {
			return false
		}
	case !res.Namespaced && r.Info.Namespace != "":
		return false
	}
	if res.Parent != nil {
		return r.Info.Name != "" && (r.Info.Namespace != "" || !res.Namespaced)
	}
	collection := r.Info.Name == ""
	switch r.Info.Verb {
	case "list", "watch", "deletecollection": // whose name may be that of a selector
		collection = true
	}
	switch {
	case collection && res.Namespaced && r.Info.Namespace == "":
		return hasAny(res, ofEverywhere)
	case collection:
		return hasAny(res, ofCollections)
	}
	return hasAny(res, ofObjects) && (r.Info.Namespace != "" || !res.Namespaced)
}

func hasAny(res *resource.Resource, verbs []string) bool {
	return slices.ContainsFunc(verbs, res.HasVerb)
}

// isBelowNamespace says whether namespaces are looked for in a namespace. There the request was authorized for that one, and
// would be carried out on another.
func isBelowNamespace(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	first := slices.Index(parts, "namespaces")
	return first >= 0 && len(parts) > first+2 && parts[first+2] == "namespaces"
}
