package handlers

import (
	"strings"

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
		return e.Connector.Connect(r.Writer, r.HTTP, resource.Connection{User: *r.User})
	}
	switch {
	case !r.Info.IsResource:
		s.pages.ServeHTTP(r.Writer, r.HTTP)
		return nil
	case s.registry.HasGroup(r.Info.Group):
		return pipeline.NotFound()
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
	case res.Connector != nil:
		return res.Connector.Connect(r.Writer, r.HTTP, resource.Connection{
			Namespace: r.Info.Namespace, Name: r.Info.Name, Parts: r.Info.Parts, User: *r.User,
		})
	}
	return s.verbs.Handle(r)
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

// forget drops what is kept of a resource that is not served any more.
func (s *Server) forget(gone *resource.Resource) {
	last := true
	if g := s.registry.Group(gone.Group); g != nil {
		for _, v := range g.Versions {
			last = last && v.Resource(gone.Resource) == nil
		}
	}
	s.options.Metrics.Forget(gone.GVR(), last)
}

// hasPath says whether a path of this form leads to the resource: one of the cluster is not found below a namespace, and
// one object of a namespace not without it.
func hasPath(r *pipeline.Request) bool {
	isNamespace := r.Resource.Group == "" && r.Resource.Resource == "namespaces"
	if !r.Resource.Namespaced {
		return r.Info.Namespace == "" || isNamespace
	}
	switch r.Info.Verb {
	case "list", "watch", "deletecollection":
		return true
	}
	return r.Info.Namespace != "" || r.Info.Name == ""
}
