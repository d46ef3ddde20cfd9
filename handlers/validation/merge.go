package validation

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Merge joins lists of errors in the order of the lists; for pods, templates and services in upstream's order (arrange). Nothing
// is deduplicated: each fault is in one list only, which test/mutate verifies.
func Merge(lists ...field.ErrorList) field.ErrorList {
	out := Join(lists...)
	if slices.ContainsFunc(out, inSortedPath) {
		arrange(out)
	}
	return out
}

// Join is Merge without arrange.
func Join(lists ...field.ErrorList) field.ErrorList {
	var out field.ErrorList
	for _, l := range lists {
		out = append(out, first(l)...)
	}
	return out
}
