package patch

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// mostComparisons is how many pairs of elements a strategic merge patch may make the library compare: it looks for each
// element of a patched list through the whole list, about four million in a second.
const mostComparisons = 16 << 20

// checkCost refuses a strategic merge patch that would take too long to apply.
func checkCost(original, patch map[string]any, meta strategicpatch.LookupPatchMeta) error {
	left := mostComparisons
	if left -= comparisons(original, patch, meta, left); left >= 0 {
		return nil
	}
	return apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("the patch merges lists of which more than %d pairs of elements are to be compared; patch fewer elements, or use another kind of patch", mostComparisons))
}

// comparisons counts the pairs of elements that are compared. Once there are more than most, it counts no further.
func comparisons(original, patch map[string]any, meta strategicpatch.LookupPatchMeta, most int) (n int) {
	for key, value := range patch {
		if n > most {
			return n
		}
		switch value := value.(type) {
		case map[string]any:
			before, isMap := original[key].(map[string]any)
			if !isMap {
				continue
			}
			if inner, _, err := meta.LookupPatchMetadataForStruct(key); err == nil {
				n += comparisons(before, value, inner, most-n)
			}
		case []any:
			// An order of elements, or a list of those to be deleted, is compared with the list that it is for.
			name := key[strings.LastIndexByte(key, '/')+1:]
			before, isList := original[name].([]any)
			if !isList {
				continue
			}
			inner, how, err := meta.LookupPatchMetadataForSlice(name)
			if err != nil || !slices.Contains(how.GetPatchStrategies(), "merge") {
				continue
			}
			n += len(before) * len(value)
			if name == key {
				n += ofElements(before, value, how.GetPatchMergeKey(), inner, most-n)
			}
		}
	}
	return n
}

// ofElements counts the pairs within the elements of a list that are merged with each other.
func ofElements(original, patch []any, mergeKey string, meta strategicpatch.LookupPatchMeta, most int) (n int) {
	byKey := map[string]map[string]any{}
	for _, e := range original {
		if element, ok := e.(map[string]any); ok {
			byKey[fmt.Sprint(element[mergeKey])] = element
		}
	}
	for _, e := range patch {
		if n > most {
			return n
		}
		element, ok := e.(map[string]any)
		if before := byKey[fmt.Sprint(element[mergeKey])]; ok && before != nil {
			n += comparisons(before, element, meta, most-n)
		}
	}
	return n
}
