// Package convert has the conversions of the kinds that have not moved to handlers/kinds yet.
package convert

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Versions is from one version of a kind to another.
type Versions struct{ From, To schema.GroupVersionKind }

func gvk(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

// Written are the conversions by hand.
var Written = map[Versions]resource.Converter{}

// typed adapts a conversion between two types. It gives it a copy, so that memory may be shared.
func typed[A, B object.Object](f func(A) (B, error)) resource.Converter {
	return func(in object.Object) (object.Object, error) {
		a, ok := in.(A)
		if !ok {
			return nil, fmt.Errorf("cannot convert %T", in)
		}
		out, err := f(object.Copy(a))
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}
