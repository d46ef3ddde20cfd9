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
			sub, path := n.embedding(k, at)
			if fault := coerceEmbedded(v, sub, path, c, unknown); fault != nil {
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

// embedding is the schema of a member and its path; nil when there is no embedded resource in it.
func (n *node) embedding(key string, at *field.Path) (*node, *field.Path) {
	p := n.prop(key)
	switch {
	case p != nil && p.has(embeddings):
		return p, at.Child(key)
	case p == nil && n.addl != nil && n.addl.has(embeddings):
		return n.addl, at.Key(key)
	}
	return nil, nil
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
			sub, path := n.embedding(k, at)
			faults = append(faults, validateEmbedded(v, sub, path)...)
		}
	case []any:
		for i, v := range x {
			faults = append(faults, validateEmbedded(v, n.items, at.Index(i))...)
		}
	}
	return faults
}
