package validation

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Merge joins lists of errors and drops what an earlier one says in the same words: field rules and strategies may find the
// same fault. The order is that of the lists, for pods and their templates that of the original.
func Merge(lists ...field.ErrorList) field.ErrorList {
	out := Join(lists...)
	if slices.ContainsFunc(out, ofPod) {
		arrange(out)
	}
	return out
}

// Join is Merge that leaves everything in the order of the lists.
func Join(lists ...field.ErrorList) field.ErrorList {
	var out field.ErrorList
	known := map[string]bool{}
	for _, l := range lists {
		for _, e := range first(l) {
			if text := e.Error(); !known[text] {
				known[text] = true
				out = append(out, e)
			}
		}
	}
	return out
}
