// Package defaults fills what a writer left out of an object, as the original does when it reads one.
//
// Most defaults stand in the resource model and are generated as methods of the types. Here is what depends on other fields
// or on the kind that a type is used in, and the one place that puts both in order. Defaulting runs on every object that is
// written and on stored objects that another server may have written, so it is idempotent and changes nothing that is set,
// except where two fields say the same thing and must agree.
package defaults

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// For is the function that defaults objects of a kind; nil when the kind has no defaults. The function ignores objects of
// another Go type and is safe for concurrent use on different objects.
func For(gvk schema.GroupVersionKind) func(object.Object) {
	if f, ok := dependent[gvk]; ok {
		return f
	}
	return generatedFor(gvk)
}

// defaulter is what generated types with defaults have.
type defaulter interface{ SetDefaults() }

// on adapts a function for one type.
func on[T any](f func(*T)) func(object.Object) {
	return func(o object.Object) {
		if t, ok := any(o).(*T); ok {
			f(t)
		}
	}
}

func kind(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

// setIfNil points p at a value of its own.
func setIfNil[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}
