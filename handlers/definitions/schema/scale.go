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
		if selector, _, err := unstructured.NestedString(w.New, parts(*path)...); err != nil {
			faults = append(faults, field.Invalid(field.NewPath(*path), selector, err.Error()))
		}
	}
	return faults
}

func parts(path string) []string { return strings.Split(strings.TrimPrefix(path, "."), ".") }

// replicas judges a number of replicas.
func replicas(o map[string]any, path string) field.ErrorList {
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
