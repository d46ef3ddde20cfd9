package handlers

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/fields"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// fieldManager keeps account of the owners of what is written to a resource; nil where nothing is written. Actions have one, for
// their answers show what was sent.
func fieldManager(r *resource.Resource) resource.FieldManager {
	if r.Body == nil || r.Subresource == "" && r.Storage == "" && r.Strategy.Create == nil {
		return nil
	}
	return fields.New(fields.Options{
		GVK: r.GVK(), Subresource: r.Subresource, Body: r.Body, New: empty, Convert: converter, Default: r.Default,
		Resets: r.ResetFields, AllResets: func() map[string][]string { return resets(&r.Row) },
	})
}

// resets are the fields that a write to the endpoint of a row sets back, in each version of the resource.
func resets(of *resources.Row) map[string][]string {
	out := map[string][]string{}
	for i := range resources.Rows {
		if row := &resources.Rows[i]; row.Group == of.Group && row.Resource == of.Resource && row.Subresource == of.Subresource {
			out[schema.GroupVersion{Group: row.KindGroup, Version: row.KindVersion}.String()] = row.ResetFields
		}
	}
	return out
}

// empty is an empty object of a kind, in any version that is known.
func empty(gvk schema.GroupVersionKind) object.Object {
	make := constructor(gvk)
	if make == nil {
		return nil
	}
	o, _ := make().(object.Object)
	return o
}

// converter converts between any two versions of a kind, by way of a third one if need be; nil where there is no way.
func converter(from, to schema.GroupVersionKind) resource.Converter {
	if c := read(from, to); c != nil {
		return c
	}
	for _, row := range resources.Rows {
		between := schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
		if row.Subresource != "" || between.Kind != from.Kind || between == from || between == to {
			continue
		}
		first, okFirst := kinds.Convert(from, between)
		then, okThen := kinds.Convert(between, to)
		if okFirst && okThen {
			return func(in object.Object) (object.Object, error) {
				o, err := first(in)
				if err != nil {
					return nil, err
				}
				return then(o)
			}
		}
	}
	return nil
}

// scaled carries owners between an object and its scale.
func scaled(r *resource.Resource) resource.OwnersOfView {
	paths := map[string]string{}
	for i := range resources.Rows {
		if row := &resources.Rows[i]; row.Group == r.Group && row.Resource == r.Row.Resource && row.Scale != nil {
			paths[schema.GroupVersion{Group: row.Group, Version: row.Version}.String()] = row.Scale.SpecReplicas
		}
	}
	return fields.NewScaled(r.GVR().GroupVersion(), paths)
}
