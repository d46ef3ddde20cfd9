package schema

import (
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// scale judges what a scale subresource shows of the object.
func (s *Schema) scale(w *Write) (faults field.ErrorList) {
	if s.Scale == nil {
		return nil
	}
	if !w.Status {
		faults = append(faults, replicas(w.New, s.Scale.SpecReplicas)...)
	}
	faults = append(faults, replicas(w.New, s.Scale.StatusReplicas)...)
	if path := s.Scale.LabelSelector; path != nil {
		if _, _, ok := at[string](w.New, *path); ok {
			return faults
		}
		if selector, _, err := unstructured.NestedString(w.New, parts(*path)...); err != nil {
			faults = append(faults, field.Invalid(field.NewPath(*path), selector, err.Error()))
		}
	}
	return faults
}

func parts(path string) []string { return strings.Split(strings.TrimPrefix(path, "."), ".") }

// at is the value at a path, if there is one. It is not ok where there is something else.
func at[T any](o map[string]any, path string) (v T, found, ok bool) {
	for path = strings.TrimPrefix(path, "."); ; {
		name, below, more := strings.Cut(path, ".")
		x, found := o[name]
		if !found {
			return v, false, true
		}
		if !more {
			v, ok = x.(T)
			return v, true, ok
		}
		if o, ok = x.(map[string]any); !ok {
			return v, true, false
		}
		path = below
	}
}

// replicas judges a number of replicas.
func replicas(o map[string]any, path string) field.ErrorList {
	if n, found, ok := at[int64](o, path); ok && (!found || n >= 0 && n <= math.MaxInt32) {
		return nil
	}
	n, _, err := unstructured.NestedInt64(o, parts(path)...)
	detail := ""
	switch {
	case err != nil:
		detail = err.Error()
	case n < 0:
		detail = "should be a non-negative integer"
	case n > math.MaxInt32:
		detail = fmt.Sprintf("should be less than or equal to %v", math.MaxInt32)
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath(path), n, detail)}
}
