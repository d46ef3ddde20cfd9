package plugins

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/podsecurity"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func podSecurity(d *Deps, c admission.Configured) (any, error) {
	return podsecurity.New(c.Content, podsecurity.Deps{Cached: d.Cached, Live: d.Live, Pods: walk(d.Cached, schema.GroupVersionResource{Version: "v1", Resource: "pods"}), Recorder: d.PodSecurity, Now: d.Now})
}

// walk goes through the objects of a resource without keeping them, where the reader can do that.
func walk(r lookup.Reader, gvr schema.GroupVersionResource) func(context.Context, string, func(object.Object) bool) error {
	if w, ok := r.(lookup.Walker); ok {
		return func(ctx context.Context, namespace string, yield func(object.Object) bool) error {
			return w.Walk(ctx, gvr, namespace, yield)
		}
	}
	return func(ctx context.Context, namespace string, yield func(object.Object) bool) error {
		list, err := r.List(ctx, gvr, namespace)
		for _, o := range list {
			if !yield(o) {
				break
			}
		}
		return err
	}
}
