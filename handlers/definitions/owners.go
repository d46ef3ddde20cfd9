package definitions

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/handlers/fields"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// owners keeps account of who owns which field, for the writes to an endpoint.
func (v *versioned) owners(subresource string) resource.FieldManager {
	return fields.New(fields.Options{
		GVK: v.gvk, Subresource: subresource, Resets: v.resets(subresource),
		AllResets: func() map[string][]string { return v.d.resets(v, subresource) },
		New:       v.d.emptyOf, Convert: v.d.converter, Default: v.fillDefaults, Types: v.d.mergeType, Tree: v.schema.Tree,
	})
}

// resets are the fields that a write to the endpoint sets back.
func (v *versioned) resets(subresource string) []string {
	switch {
	case !v.hasStatus():
		return nil
	case subresource == "status":
		return []string{"metadata", "spec"}
	case subresource == "":
		return []string{"status"}
	}
	return nil
}

// resets are those of every version for the status, and of the endpoint's own version for the object, as upstream has them.
func (d *definition) resets(v *versioned, subresource string) map[string][]string {
	if subresource == "" {
		return map[string][]string{v.gvk.GroupVersion().String(): v.resets("")}
	}
	out := map[string][]string{}
	for _, other := range d.versions {
		out[other.gvk.GroupVersion().String()] = other.resets(subresource)
	}
	return out
}

// version is that of a kind; nil when the definition has no such version.
func (d *definition) version(gvk schema.GroupVersionKind) *versioned {
	if gvk.Group != d.group || gvk.Kind != d.names.Kind {
		return nil
	}
	return d.versions[gvk.Version]
}

func (d *definition) emptyOf(gvk schema.GroupVersionKind) object.Object {
	if d.version(gvk) == nil {
		return nil
	}
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(gvk)
	return u
}

// mergeType is the merge schema of a version.
func (d *definition) mergeType(gvk schema.GroupVersionKind) (*typed.ParseableType, error) {
	v := d.version(gvk)
	if v == nil {
		return nil, runtime.NewNotRegisteredErrForKind("", gvk)
	}
	return v.schema.MergeType()
}

// converter brings objects into another version: they differ by the name alone. Fields that the other version does not have are
// not pruned, as they are not in upstream: then nobody keeps account of the object any more.
func (d *definition) converter(_, to schema.GroupVersionKind) resource.Converter {
	if d.version(to) == nil {
		return nil
	}
	return func(in object.Object) (object.Object, error) {
		u := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(contentOf(in))}
		u.SetGroupVersionKind(to)
		return u, nil
	}
}
