// Package convert turns an object of one version into another version of its kind, both ways without loss: what the other
// version cannot say is kept where the original keeps it (in annotations, or nowhere because both say the same).
//
// Kinds whose versions differ only in Go types are converted by structure, which is checked when the converter is made;
// the others are written out, one file per kind.
package convert

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// versions is from one version of a kind to another.
type versions struct{ from, to schema.GroupVersionKind }

func gvk(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

// written are the conversions by hand.
var written = map[versions]resource.Converter{
	{gvk("events.k8s.io", "v1", "Event"), gvk("", "v1", "Event")}:                                              typed(eventToCore),
	{gvk("", "v1", "Event"), gvk("events.k8s.io", "v1", "Event")}:                                              typed(eventFromCore),
	{gvk("autoscaling", "v1", "HorizontalPodAutoscaler"), gvk("autoscaling", "v2", "HorizontalPodAutoscaler")}: typed(autoscalerToV2),
	{gvk("autoscaling", "v2", "HorizontalPodAutoscaler"), gvk("autoscaling", "v1", "HorizontalPodAutoscaler")}: typed(autoscalerToV1),
	{gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition"), definitionGVK}:                             typed(definitionFromV1),
	{definitionGVK, gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition")}:                             typed(definitionToV1),
}

// Between is the converter from one version of a kind to another; false when there is none. It is made anew by every call
// and is meant to be kept. The converter leaves its argument alone and shares no memory with it.
func Between(from, to schema.GroupVersionKind) (resource.Converter, bool) {
	if from == to {
		return func(in object.Object) (object.Object, error) { return object.Copy(in), nil }, true
	}
	if c := written[versions{from, to}]; c != nil {
		return c, true
	}
	if from.Group != to.Group || from.Kind != to.Kind {
		return nil, false
	}
	c, err := structural(from, to)
	return c, err == nil
}

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
