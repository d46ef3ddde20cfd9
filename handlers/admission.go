package handlers

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/plugins"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// newAdmission is the chain of the admission plugins that run.
func newAdmission(s *Server) (*admission.Chain, error) {
	o := &s.options
	s.charger = resourcequota.NewCharger(s.writer.Own(), time.Now)
	objects := lookup.New(o.Store, func() *resource.Registry { return s.registry })
	return plugins.New(&plugins.Deps{
		Cached: objects.Cached(), Live: objects.Live(), Write: s.writer.Own(), Authorizer: o.Authorizer,
		Kinds: s.kinds, Settings: o.Admission.Settings, Enabled: o.Features.Enabled, Log: o.Log, Now: time.Now, Meter: o.Metrics.Admission(),
		PodSecurity: o.Metrics.PodSecurity(), Charger: s.charger, Convert: converter,
	}, &o.Admission)
}

// kinds are the resources of this server that have objects of a kind.
func (s *Server) kinds(gvk schema.GroupVersionKind) (found []*resource.Resource) {
	group := s.registry.Group(gvk.Group)
	if group == nil {
		return nil
	}
	version := group.Version(gvk.Version)
	if version == nil {
		return nil
	}
	for r := range version.Resources() {
		if r.Kind == gvk.Kind && r.KindGroup == gvk.Group && r.KindVersion == gvk.Version {
			found = append(found, r)
		}
	}
	return found
}

// connect asks admission about a request that becomes a connection.
func (s *Server) connect(r *pipeline.Request, to *resource.Connection) error {
	attempt := &resource.Attempt{Namespace: to.Namespace, Name: to.Name, Verb: r.Info.Verb, User: r.User, UserAgent: r.HTTP.UserAgent()}
	recorder := &resource.Recorder{Warn: r.Writer.Warn}
	if r.Audit != nil {
		recorder.Annotate = r.Audit.Annotate
	}
	attributes := &admission.Attributes{
		Operation: admission.Connect, Resource: r.Resource, Namespace: to.Namespace, Name: to.Name, Connection: to, User: r.User, Attempt: attempt,
	}
	err := s.writer.Admission.Admit(r.Context(), attributes)
	if err == nil {
		err = s.writer.Admission.Validate(r.Context(), attributes)
	}
	attempt.Settle(false)
	attempt.Tell(recorder)
	return err
}
