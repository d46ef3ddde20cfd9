package validation

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Merge joins lists of errors. The order is that of the lists, for pods and their templates upstream's. Each fault is found
// by one of the lists (test/mutate holds them to it), so nothing is compared.
func Merge(lists ...field.ErrorList) field.ErrorList {
	out := Join(lists...)
	if slices.ContainsFunc(out, inSortedPath) {
		arrange(out)
	}
	return out
}

// Join is Merge that leaves everything in the order of the lists.
func Join(lists ...field.ErrorList) field.ErrorList {
	var out field.ErrorList
	for _, l := range lists {
		out = append(out, first(l)...)
	}
	return out
}
