package kind

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// reviewVersions are the versions of the reviews that servers send to webhooks, in the order of preference.
var reviewVersions = []string{"v1", "v1beta1"}

// KnownReviewVersions are they as messages list them.
func KnownReviewVersions() string { return strings.Join(reviewVersions, ", ") }

// KnowsReviews says whether a webhook understands a version that servers know.
func KnowsReviews(versions []string) bool {
	return slices.ContainsFunc(versions, func(v string) bool { return slices.Contains(reviewVersions, v) })
}

// ReviewVersions judges the versions that a webhook understands: names that stand once, one of them known to servers if that is
// needed. empty is what is said when there are none.
func ReviewVersions(versions []string, needed bool, empty string, path *field.Path) (errs field.ErrorList) {
	if len(versions) == 0 {
		return field.ErrorList{field.Required(path, empty)}
	}
	seen := map[string]bool{}
	for i, v := range versions {
		if seen[v] {
			errs = append(errs, field.Invalid(path.Index(i), v, "duplicate version"))
			continue
		}
		seen[v] = true
		errs = append(errs, Faults(path.Index(i), v, validation.IsDNS1035Label(v))...)
	}
	if needed && !KnowsReviews(versions) {
		errs = append(errs, field.Invalid(path, versions, "must include at least one of "+KnownReviewVersions()))
	}
	return errs
}
