package dra

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const (
	longestPool = validation.DNS1123SubdomainMaxLength
	// longestDomain and longestID are the parts of the name of an attribute or a capacity.
	longestDomain, longestID = 63, 32
	longestKey               = longestDomain + 1 + longestID
)

// poolName is one or more DNS subdomains between slashes.
func poolName(name string, path *field.Path) (errs field.ErrorList) {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	if len(name) > longestPool {
		errs = append(errs, field.TooLong(path, "", longestPool))
	}
	for part := range strings.SplitSeq(name, "/") {
		errs = append(errs, kind.DNSName(path, part)...)
	}
	return errs
}

func driverTitle(name string, path *field.Path) field.ErrorList { return kind.DriverTitle(path, name) }

func label(s string, path *field.Path) field.ErrorList { return kind.DNSLabel(path, s) }

func labelName(s *string, path *field.Path) field.ErrorList { return kind.Qualified(path, *s) }

func labelValue(s string, path *field.Path) field.ErrorList {
	return kind.Faults(path, s, validation.IsValidLabelValue(s))
}

// shareID is a UUID in its usual form.
func shareID(id *string, path *field.Path) field.ErrorList {
	if id == nil {
		return nil
	}
	if err := uuid.Validate(*id); err != nil {
		return field.ErrorList{field.Invalid(path, *id, fmt.Sprintf("error validating uid: %v", err))}
	}
	if len(*id) != 36 || *id != strings.ToLower(*id) {
		return field.ErrorList{field.Invalid(path, *id, "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters")}
	}
	return nil
}

// qualified is the name of an attribute or a capacity, with or without a domain. Upstream does not validate names with more than
// one slash.
func qualified(name string, path *field.Path) (errs field.ErrorList) {
	parts := strings.Split(name, "/")
	switch len(parts) {
	case 1:
		return identifier(name, path)
	case 2:
	default:
		return nil
	}
	if parts[0] == "" {
		errs = append(errs, field.Invalid(path, "", "the domain must not be empty"))
	} else {
		errs = append(errs, driverTitle(parts[0], path)...)
	}
	if parts[1] == "" {
		return append(errs, field.Invalid(path, "", "the name must not be empty"))
	}
	return append(errs, identifier(parts[1], path)...)
}

// fullyQualified is a qualified name with a domain.
func fullyQualified(name string, path *field.Path) field.ErrorList {
	errs := qualified(name, path)
	if !strings.Contains(name, "/") {
		errs = append(errs, field.Invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"))
	}
	return errs
}

func identifier(id string, path *field.Path) (errs field.ErrorList) {
	if len(id) > longestID {
		errs = append(errs, field.TooLong(path, "", longestID))
	}
	return append(errs, kind.Faults(path, id, validation.IsCIdentifier(id))...)
}
