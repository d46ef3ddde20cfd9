// Package defaults has the defaults of the kinds that have not moved to handlers/kinds yet.
package defaults

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

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
