package schema

import (
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// one is a resource that is embedded, without what is in it: the library is asked for one at a time.
var one = &schema.Structural{Extensions: schema.Extensions{XEmbeddedResource: true}}

// coerceEmbedded brings the metadata of embedded resources into its normal form.
func coerceEmbedded(x any, n *node, at *field.Path, c Coercion, unknown *[]string) *field.Error {
	if n == nil || !n.has(embeddings) {
		return nil
	}
	switch x := x.(type) {
	case map[string]any:
		if n.is(embeds) && !(isAnyText(x["apiVersion"]) && isAnyText(x["kind"]) && plainMeta(x["metadata"])) {
			fault, more := objectmeta.CoerceWithOptions(at, x, one, false, objectmeta.CoerceOptions{DropInvalidFields: c.Stored, ReturnUnknownFieldPaths: c.Track})
			if fault != nil {
				return fault
			}
			*unknown = append(*unknown, more...)
		}
		for k, v := range x {
			var fault *field.Error
			if p := n.prop(k); p != nil {
				fault = coerceEmbedded(v, p, at.Child(k), c, unknown)
			} else {
				fault = coerceEmbedded(v, n.addl, at.Key(k), c, unknown)
			}
			if fault != nil {
				return fault
			}
		}
	case []any:
		for i, v := range x {
			if fault := coerceEmbedded(v, n.items, at.Index(i), c, unknown); fault != nil {
				return fault
			}
		}
	}
	return nil
}

// validateEmbedded finds the faults of embedded resources in what they have of every object.
func validateEmbedded(x any, n *node, at *field.Path) (faults field.ErrorList) {
	if n == nil || !n.has(embeddings) {
		return nil
	}
	switch x := x.(type) {
	case map[string]any:
		if n.is(embeds) {
			faults = append(faults, objectmeta.Validate(at, x, one, false)...)
		}
		for k, v := range x {
			if p := n.prop(k); p != nil {
				faults = append(faults, validateEmbedded(v, p, at.Child(k))...)
			} else {
				faults = append(faults, validateEmbedded(v, n.addl, at.Key(k))...)
			}
		}
	case []any:
		for i, v := range x {
			faults = append(faults, validateEmbedded(v, n.items, at.Index(i))...)
		}
	}
	return faults
}
