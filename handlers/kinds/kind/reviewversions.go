package kind

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// reviewVersions are the review versions that the server can send to webhooks, in order of preference.
var reviewVersions = []string{"v1", "v1beta1"}

// KnownReviewVersions are the reviewVersions in the form of error texts.
func KnownReviewVersions() string { return strings.Join(reviewVersions, ", ") }

// KnowsReviews reports whether a webhook accepts one of the server's review versions.
func KnowsReviews(versions []string) bool {
	return slices.ContainsFunc(versions, func(v string) bool { return slices.Contains(reviewVersions, v) })
}

// ReviewVersions validates the versions that a webhook accepts: names without duplicates, one of which the server must know if
// that is required. empty is the message for an empty list.
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
