package core

import (
	"fmt"
	"regexp"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// nodeReport validates capacity, allocatable and declaredFeatures.
func nodeReport(n *corev1.Node) (errs field.ErrorList) {
	for _, l := range []struct {
		name string
		list map[string]quantity.Quantity
	}{{"capacity", n.Status.Capacity}, {"allocatable", n.Status.Allocatable}} {
		for _, k := range kind.SortedKeys(l.list) {
			q := l.list[k]
			errs = append(errs, podspec.Amount(k, &q, status.Child(l.name, k))...)
		}
	}
	return append(errs, declaredFeatures(n.Status.DeclaredFeatures, status.Child("declaredFeatures"))...)
}

var featureName = regexp.MustCompile(`^[A-Z][a-zA-Z0-9]*(/[a-zA-Z0-9]+)*$`)

// declaredFeatures must be sorted and unique.
func declaredFeatures(list []string, path *field.Path) (errs field.ErrorList) {
	for i, f := range list {
		if !featureName.MatchString(f) {
			errs = append(errs, field.Invalid(path.Index(i), f, fmt.Sprintf("invalid feature name %q: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes", f)))
		}
		if i+1 == len(list) {
			break
		}
		switch next := list[i+1]; {
		case f == next:
			errs = append(errs, field.Duplicate(path.Index(i+1), next))
		case f > next:
			errs = append(errs, field.Invalid(path.Index(i+1), next, "list must be sorted alphabetically"))
		}
	}
	return errs
}

// swap that a node has, if it has any.
func swap(s *corev1.NodeSwapStatus, path *field.Path) field.ErrorList {
	if s == nil || s.Capacity == nil || *s.Capacity > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("capacity"), *s.Capacity, "must be greater than zero")}
}
