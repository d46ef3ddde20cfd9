package kind

import (
	"k8s.io/apimachinery/pkg/api/validation/path"
)

// PathSegment is the rule for names that may be whatever can stand in a URL between two slashes.
func PathSegment(name string, prefix bool) []string {
	return path.ValidatePathSegmentName(name, prefix)
}
