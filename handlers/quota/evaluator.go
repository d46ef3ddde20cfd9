package quota

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Evaluator measures the objects of one resource. Its objects are those of the kind's first stable version. It is safe for
// concurrent use and never changes an object.
type Evaluator interface {
	// Tracks says whether the evaluator measures the amount of a quota by that name.
	Tracks(ctx context.Context, name string) bool
	// Charges says whether a write can make the usage larger; old is nil for a create.
	Charges(subresource string, o, old object.Object) bool
	// Require says what o has to state under a quota with these names.
	Require(names []string, o object.Object) error
	// InScope says whether an object is in a scope. Objects of resources without scopes are in none.
	InScope(s *Scope, o object.Object) (bool, error)
	// Scopes says whether objects of the resource can be in scopes.
	Scopes() bool
	// Usage is what an object uses.
	Usage(ctx context.Context, o object.Object) (List, error)
}

// Lister reads decoded objects. They belong to the lister.
type Lister interface {
	Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error)
	List(ctx context.Context, gvr schema.GroupVersionResource, namespace string) ([]object.Object, error)
}

// Registry finds evaluators. Each resource has one: what has none of its own is counted.
type Registry struct {
	own map[schema.GroupResource]Evaluator
}

// aliases are names for the number of objects that are older than count/.
var aliases = map[schema.GroupResource]string{
	{Resource: "configmaps"}:             "configmaps",
	{Resource: "resourcequotas"}:         "resourcequotas",
	{Resource: "replicationcontrollers"}: "replicationcontrollers",
	{Resource: "secrets"}:                "secrets",
}

// NewRegistry has the evaluators of a server. enabled says which feature gates are on; objects finds what resource claims are
// measured by.
func NewRegistry(enabled func(gate string) bool, objects Lister) *Registry {
	own := map[schema.GroupResource]Evaluator{
		{Resource: "pods"}:                   &pods{podLevel: enabled("PodLevelResources"), resized: enabled("InPlacePodVerticalScaling")},
		{Resource: "services"}:               services{},
		{Resource: "persistentvolumeclaims"}: &volumeClaims{scopes: enabled("VolumeAttributesClass"), recovers: enabled("RecoverVolumeExpansionFailure")},
	}
	if enabled("DynamicResourceAllocation") {
		claims := &deviceClaims{objects: objects, extended: enabled("DRAExtendedResource")}
		claims.pods, _ = own[schema.GroupResource{Resource: "pods"}].(*pods)
		own[schema.GroupResource{Group: "resource.k8s.io", Resource: "resourceclaims"}] = claims
	}
	for gr, alias := range aliases {
		own[gr] = counted{CountName(gr), alias}
	}
	return &Registry{own}
}

// Get is the evaluator of a resource, of any that there is.
func (r *Registry) Get(gr schema.GroupResource) Evaluator {
	if e, found := r.own[gr]; found {
		return e
	}
	return counted{CountName(gr)}
}

// Ignored says whether objects of a resource are never counted: those that nothing stores, and events.
func Ignored(gr schema.GroupResource) bool {
	switch gr.Group {
	case "":
		return gr.Resource == "bindings" || gr.Resource == "componentstatuses" || gr.Resource == "events"
	case "events.k8s.io":
		return gr.Resource == "events"
	case "authentication.k8s.io":
		return gr.Resource == "tokenreviews" || gr.Resource == "selfsubjectreviews"
	case "authorization.k8s.io":
		return true
	}
	return false
}

const countPrefix = "count/"

// CountName is how a quota names the number of objects of a resource.
func CountName(gr schema.GroupResource) string {
	if gr.Group == "" {
		return countPrefix + gr.Resource
	}
	return countPrefix + gr.Resource + "." + gr.Group
}

// counted counts objects, under each of the names.
type counted []string

func (c counted) Tracks(_ context.Context, name string) bool { return slices.Contains(c, name) }

func (counted) Charges(subresource string, _, old object.Object) bool {
	return subresource == "" && old == nil
}

func (counted) Require([]string, object.Object) error       { return nil }
func (counted) InScope(*Scope, object.Object) (bool, error) { return false, nil }
func (counted) Scopes() bool                                { return false }
func (c counted) Usage(context.Context, object.Object) (List, error) {
	out := make(List, len(c))
	for _, name := range c {
		out[name] = one()
	}
	return out, nil
}

// Tracked are those of the names that an evaluator measures, sorted.
func Tracked[V any](ctx context.Context, e Evaluator, of map[string]V) (names []string) {
	for name := range of {
		if e.Tracks(ctx, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Matches says whether a quota limits something that an object uses: it tracks one of the names, and the object is in all
// scopes.
func Matches(ctx context.Context, e Evaluator, q *corev1.ResourceQuota, o object.Object) (bool, error) {
	tracks := false
	for name := range q.Status.Hard {
		if tracks = e.Tracks(ctx, name); tracks {
			break
		}
	}
	in, err := InScopes(e, Scopes(&q.Spec), o)
	return tracks && in, err
}

// InScopes says whether an object is in all of the scopes.
func InScopes(e Evaluator, scopes []Scope, o object.Object) (bool, error) {
	for i := range scopes {
		if in, err := e.InScope(&scopes[i], o); !in || err != nil {
			return false, err
		}
	}
	return true, nil
}

// hasAnyPrefix says whether a name begins with one of the prefixes.
func hasAnyPrefix(name string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// Kind is the kind in which an evaluator wants the objects of a resource, where more than one version of it is served; false for
// resources that are only counted.
func Kind(gr schema.GroupResource) (schema.GroupVersionKind, bool) {
	if gr.Group == "resource.k8s.io" && gr.Resource == "resourceclaims" {
		return schema.GroupVersionKind{Group: gr.Group, Version: "v1", Kind: "ResourceClaim"}, true
	}
	return schema.GroupVersionKind{}, false
}

// Counts says whether an evaluator only counts objects, so that no change of one matters.
func Counts(e Evaluator) bool {
	_, only := e.(counted)
	return only
}
