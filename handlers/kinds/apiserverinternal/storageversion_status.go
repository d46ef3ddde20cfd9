package apiserverinternal

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	apiserverinternalv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/apiserverinternal/v1alpha1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

func storageVersionStatus(o *apiserverinternalv1alpha1.StorageVersion) (errs field.ErrorList) {
	s, path := &o.Status, field.NewPath("status")
	seen := map[string]bool{}
	for i := range s.StorageVersions {
		v, at := &s.StorageVersions[i], path.Child("storageVersions").Index(i)
		if seen[v.APIServerID] {
			errs = append(errs, field.Duplicate(at.Child("apiServerID"), v.APIServerID))
		}
		seen[v.APIServerID] = true
		errs = append(errs, serverVersions(v, at)...)
	}
	errs = append(errs, commonVersion(s, path.Child("commonEncodingVersion"))...)
	return append(errs, conditions(s.Conditions, path)...)
}

func serverVersions(v *apiserverinternalv1alpha1.ServerStorageVersion, path *field.Path) field.ErrorList {
	errs := kind.DNSName(path.Child("apiServerID"), v.APIServerID)
	version := func(text string, at *field.Path) {
		if msgs := versionFaults(text); len(msgs) > 0 {
			errs = append(errs, field.Invalid(at, text, strings.Join(msgs, ",")))
		}
	}
	version(v.EncodingVersion, path.Child("encodingVersion"))
	list := path.Child("decodableVersions")
	readable := map[string]bool{}
	for i, d := range v.DecodableVersions {
		version(d, list.Index(i))
		readable[d] = true
	}
	if !readable[v.EncodingVersion] {
		errs = append(errs, field.Invalid(list, v.DecodableVersions, "decodableVersions must include encodingVersion "+v.EncodingVersion))
	}
	for i, served := range v.ServedVersions {
		at := path.Child("servedVersions").Index(i)
		version(served, at)
		if !readable[served] {
			errs = append(errs, field.Invalid(at, served, fmt.Sprintf("individual served version : %s must be included in decodableVersions : %s", served, v.DecodableVersions)))
		}
	}
	return errs
}

// commonVersion is the encoding version of all servers; nil when they differ.
func commonVersion(s *apiserverinternalv1alpha1.StorageVersionStatus, path *field.Path) field.ErrorList {
	common, list := "", s.StorageVersions
	if len(list) > 0 && !slices.ContainsFunc(list, func(v apiserverinternalv1alpha1.ServerStorageVersion) bool {
		return v.EncodingVersion != list[0].EncodingVersion
	}) {
		common = list[0].EncodingVersion
	}
	agreed, said := common != "" || len(list) > 0 && allEmpty(list), s.CommonEncodingVersion
	switch {
	case !agreed && said != nil:
		return field.ErrorList{field.Invalid(path, *said, "should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet")}
	case agreed && said == nil:
		return field.ErrorList{field.Invalid(path, said, "the common encoding version is "+common)}
	case agreed && *said != common:
		return field.ErrorList{field.Invalid(path, *said, "the actual common encoding version is "+common)}
	}
	return nil
}

func allEmpty(list []apiserverinternalv1alpha1.ServerStorageVersion) bool {
	return !slices.ContainsFunc(list, func(v apiserverinternalv1alpha1.ServerStorageVersion) bool { return v.EncodingVersion != "" })
}

// conditions are reported, like upstream's, as if the status were the list.
func conditions(list []apiserverinternalv1alpha1.StorageVersionCondition, path *field.Path) (errs field.ErrorList) {
	seen := map[string]int{}
	for i, c := range list {
		at := path.Index(i)
		if first, twice := seen[c.Type]; twice {
			errs = append(errs, field.Invalid(at.Child("type"), c.Type, fmt.Sprintf("the type of the condition is not unique, it also appears in conditions[%d]", first)))
		}
		seen[c.Type] = i
		errs = append(errs, kind.Qualified(at.Child("type"), c.Type)...)
		errs = append(errs, kind.Qualified(at.Child("status"), c.Status)...)
		if c.Reason == "" {
			errs = append(errs, field.Required(at.Child("reason"), ""))
		}
		if c.Message == "" {
			errs = append(errs, field.Required(at.Child("message"), ""))
		}
	}
	return errs
}

// versionFaults are those of an apiVersion, with or without a group.
func versionFaults(text string) (out []string) {
	add := func(part string, msgs ...string) {
		for _, m := range msgs {
			out = append(out, part+" part: "+m)
		}
	}
	group, version, grouped := strings.Cut(text, "/")
	switch {
	case !grouped:
		version = text
	case strings.Contains(version, "/"):
		const what = "a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
		return []string{"an apiVersion is " + validation.RegexError(what, "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123") +
			" with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')"}
	case group == "":
		add("group", validation.EmptyError())
	default:
		add("group", validation.IsDNS1123Subdomain(group)...)
	}
	if version == "" {
		add("version", validation.EmptyError())
	} else {
		add("version", validation.IsDNS1035Label(version)...)
	}
	return out
}
