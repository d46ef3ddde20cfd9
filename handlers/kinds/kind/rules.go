package kind

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
)

// Immutable is the sentence for a field that may not change.
const Immutable = "field is immutable"

// Unchanged finds that a field differs from its old value.
func Unchanged(now, old any, path *field.Path) field.ErrorList {
	if equality.Semantic.DeepEqual(now, old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, display.Value(now), Immutable)}
}

// Faults are the messages about a value.
func Faults(path *field.Path, value any, messages []string) (errs field.ErrorList) {
	for _, msg := range messages {
		errs = append(errs, field.Invalid(path, value, msg))
	}
	return errs
}

// DNSName wants a DNS subdomain.
func DNSName(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsDNS1123Subdomain(s))
}

// DNSLabel wants a DNS label.
func DNSLabel(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsDNS1123Label(s))
}

// Qualified wants a qualified name, as labels have.
func Qualified(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, utilvalidation.IsQualifiedName(s))
}

// Needed wants a text that keeps a rule.
func Needed(path *field.Path, s string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return rule(path, s)
}

// Segment is a name that stands in URLs.
func Segment(path *field.Path, s string) field.ErrorList {
	return Faults(path, s, PathSegment(s, false))
}

// Among wants one of the values.
func Among(path *field.Path, s string, values ...string) field.ErrorList {
	for _, v := range values {
		if s == v {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, s, values)}
}

// Optional runs a rule on a text that is there.
func Optional(path *field.Path, s *string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == nil {
		return nil
	}
	return rule(path, *s)
}

// CIDR may have the form that was tolerated once only where it was stored before; new ones are strict.
func CIDR(path *field.Path, s string) field.ErrorList {
	return utilvalidation.IsValidCIDRForLegacyField(path, s, true, nil)
}

// PortNumber wants the number of a port.
func PortNumber(path *field.Path, n int32) field.ErrorList {
	return Faults(path, n, utilvalidation.IsValidPortNum(int(n)))
}

// LabelSelector finds faults in a selector; nil is right.
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
