package kind

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
)

// Immutable is the message about an immutable field.
const Immutable = "field is immutable"

// Unchanged refuses a changed field.
func Unchanged(now, old any, path *field.Path) field.ErrorList {
	if equality.Semantic.DeepEqual(now, old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, display.Value(now), Immutable)}
}

// Faults makes errors of messages about a value.
func Faults(path *field.Path, value any, messages []string) (errs field.ErrorList) {
	for _, msg := range messages {
		errs = append(errs, field.Invalid(path, value, msg))
	}
	return errs
}

// DNSName requires a DNS subdomain.
func DNSName(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsDNS1123Subdomain(s))
}

// DNSLabel requires a DNS label.
func DNSLabel(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsDNS1123Label(s))
}

// Qualified requires a qualified name, like the key of a label.
func Qualified(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsQualifiedName(s))
}

// Needed requires a text that is not empty and keeps a rule.
func Needed(path *field.Path, s string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return rule(path, s)
}

// Segment requires a name that may be a segment of a URL's path.
func Segment(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, PathSegment(s, false))
}

// Among requires one of the values.
func Among(path *field.Path, s string, values ...string) field.ErrorList {
	for _, v := range values {
		if s == v {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, s, values)}
}

// Alone requires the wildcard * to be the only element of a list; what names its elements.
func Alone(list []string, path *field.Path, what string) field.ErrorList {
	if len(list) < 2 || !slices.Contains(list, "*") {
		return nil
	}
	return field.ErrorList{field.Invalid(path, list, "if '*' is present, must not specify other "+what)}
}

// Optional applies a rule unless the text is nil.
func Optional(path *field.Path, s *string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == nil {
		return nil
	}
	return rule(path, *s)
}

// CIDR requires a CIDR in the strict form of new fields.
func CIDR(path *field.Path, s string) field.ErrorList {
	return utilvalidation.IsValidCIDRForLegacyField(path, s, true, nil)
}

// PortNumber requires a number from 1 to 65535.
func PortNumber(path *field.Path, n int32) field.ErrorList {
	return Faults(path, n, utilvalidation.IsValidPortNum(int(n)))
}

// LabelSelector validates a selector, which may be nil.
func LabelSelector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}

// LongestDriver is the maximum length of a driver name.
const LongestDriver = 63

// DriverTitle is the rule for driver names: a DNS subdomain in upper or lower case.
func DriverTitle(path *field.Path, name string) (errs field.ErrorList) {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	if len(name) > LongestDriver {
		errs = append(errs, field.TooLong(path, "", LongestDriver))
	}
	for _, e := range DNSName(path, strings.ToLower(name)) {
		errs = append(errs, field.Invalid(path, name, e.Detail))
	}
	return errs
}
