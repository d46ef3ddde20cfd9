package kind

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A signer's name is a domain and a path. The path leaves room for the name of who signs with it: a label, a dot and a
// subdomain.
const (
	maxSignerDomain = validation.DNS1123SubdomainMaxLength
	maxSignerName   = maxSignerDomain + 1 + validation.DNS1123SubdomainMaxLength + validation.DNS1123LabelMaxLength + 1
)

// SignerName finds what is wrong with the name of a signer, such as example.com/name.
func SignerName(path *field.Path, name string) (errs field.ErrorList) {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	domain, rest, _ := strings.Cut(name, "/")
	if strings.Count(name, "/") != 1 {
		return field.ErrorList{field.Invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")}
	}
	if len(domain) > maxSignerDomain {
		errs = append(errs, field.TooLong(path, "", maxSignerDomain))
	}
	errs = append(errs, firstBadLabel(path, domain, validation.IsDNS1123Label)...)
	if !strings.Contains(domain, ".") {
		errs = append(errs, field.Invalid(path, domain, "should be a domain with at least two segments separated by dots"))
	}
	errs = append(errs, firstBadLabel(path, rest, validation.IsDNS1123Subdomain)...)
	if len(name) > maxSignerName {
		errs = append(errs, field.TooLong(path, "", maxSignerName))
	}
	return errs
}

// firstBadLabel tells of the first part between dots that breaks a rule; the faults of others would look the same.
func firstBadLabel(path *field.Path, text string, rule func(string) []string) (errs field.ErrorList) {
	for label := range strings.SplitSeq(text, ".") {
		for _, msg := range rule(label) {
			errs = append(errs, field.Invalid(path, text, fmt.Sprintf("validating label %q: %s", label, msg)))
		}
		if len(errs) > 0 {
			break
		}
	}
	return errs
}

// OfKubernetes says whether the signer is one of the project itself.
func OfKubernetes(name string) bool {
	host, _, _ := strings.Cut(name, "/")
	return host == "kubernetes.io" || strings.HasSuffix(host, ".kubernetes.io")
}
