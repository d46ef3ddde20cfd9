package flowcontrol

import (
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// verbs of requests, sorted for error texts.
var verbs = []string{"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"}

const wildcard = "*"

// flowRule validates one rule of a flow schema: its subjects, resource rules and non-resource rules.
func flowRule(r *flowcontrolv1.PolicyRulesWithSubjects, path *field.Path) (errs field.ErrorList) {
	if len(r.Subjects) == 0 {
		errs = append(errs, field.Required(path.Child("subjects"), "subjects must contain at least one value"))
	}
	for i := range r.Subjects {
		errs = append(errs, subject(&r.Subjects[i], path.Child("subjects").Index(i))...)
	}
	if len(r.ResourceRules) == 0 && len(r.NonResourceRules) == 0 {
		errs = append(errs, field.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
	}
	for i := range r.ResourceRules {
		errs = append(errs, resourceRule(&r.ResourceRules[i], path.Child("resourceRules").Index(i))...)
	}
	for i := range r.NonResourceRules {
		errs = append(errs, nonResourceRule(&r.NonResourceRules[i], path.Child("nonResourceRules").Index(i))...)
	}
	return errs
}

// subject requires the member that its kind names and no other.
func subject(s *flowcontrolv1.Subject, path *field.Path) (errs field.ErrorList) {
	switch s.Kind {
	case "ServiceAccount":
		errs = accountSubject(s.ServiceAccount, path.Child("serviceAccount"))
	case "User":
		switch {
		case s.User == nil:
			errs = append(errs, field.Required(path.Child("user"), "user is required when subject kind is 'User'"))
		case s.User.Name == "":
			errs = append(errs, field.Required(path.Child("user", "name"), ""))
		}
	case "Group":
		switch {
		case s.Group == nil:
			errs = append(errs, field.Required(path.Child("group"), "group is required when subject kind is 'Group'"))
		case s.Group.Name == "":
			errs = append(errs, field.Required(path.Child("group", "name"), ""))
		}
	default:
		return field.ErrorList{field.NotSupported(path.Child("kind"), s.Kind, []string{"Group", "ServiceAccount", "User"})}
	}
	if s.Kind != "ServiceAccount" && s.ServiceAccount != nil {
		errs = append(errs, field.Forbidden(path.Child("serviceAccount"), "serviceAccount is forbidden when subject kind is not 'ServiceAccount'"))
	}
	if s.Kind != "User" && s.User != nil {
		errs = append(errs, field.Forbidden(path.Child("user"), "user is forbidden when subject kind is not 'User'"))
	}
	if s.Kind != "Group" && s.Group != nil {
		errs = append(errs, field.Forbidden(path.Child("group"), "group is forbidden when subject kind is not 'Group'"))
	}
	return errs
}

func accountSubject(s *flowcontrolv1.ServiceAccountSubject, path *field.Path) (errs field.ErrorList) {
	if s == nil {
		return field.ErrorList{field.Required(path, "serviceAccount is required when subject kind is 'ServiceAccount'")}
	}
	switch s.Name {
	case "":
		errs = append(errs, field.Required(path.Child("name"), ""))
	case wildcard:
	default:
		errs = append(errs, kind.DNSName(path.Child("name"), s.Name)...)
	}
	if s.Namespace == "" {
		return append(errs, field.Required(path.Child("namespace"), "must specify namespace for service account"))
	}
	return append(errs, kind.DNSLabel(path.Child("namespace"), s.Namespace)...)
}

func nonResourceRule(r *flowcontrolv1.NonResourcePolicyRule, path *field.Path) field.ErrorList {
	errs := ruleVerbs(r.Verbs, path.Child("verbs"))
	path = path.Child("nonResourceURLs")
	switch urls := r.NonResourceURLs; {
	case len(urls) == 0:
		errs = append(errs, field.Required(path, "nonResourceURLs must contain at least one value"))
	case slices.Contains(urls, wildcard):
		errs = append(errs, kind.Alone(urls, path, "non-resource URLs")...)
	default:
		for i, url := range urls {
			if msg := urlFault(url); msg != "" {
				errs = append(errs, field.Invalid(path.Index(i), url, msg))
			}
		}
	}
	return errs
}

// urlFault is the fault of a non-resource URL.
func urlFault(url string) string {
	switch stars := strings.Count(url, wildcard); {
	case url == "":
		return "must not be empty"
	case url == "/":
	case !strings.HasPrefix(url, "/"):
		return "must start with slash"
	case strings.Contains(url, " "):
		return "must not contain white-space"
	case strings.Contains(url, "//"):
		return "must not contain double slash"
	case stars > 1 || stars == 1 && !strings.HasSuffix(url, "/*"):
		return "wildcard can only do suffix matching"
	}
	return ""
}

func resourceRule(r *flowcontrolv1.ResourcePolicyRule, path *field.Path) field.ErrorList {
	errs := ruleVerbs(r.Verbs, path.Child("verbs"))
	if len(r.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	errs = append(errs, kind.Alone(r.APIGroups, path.Child("apiGroups"), "api groups")...)
	if len(r.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	errs = append(errs, kind.Alone(r.Resources, path.Child("resources"), "resources")...)
	path = path.Child("namespaces")
	switch {
	case len(r.Namespaces) == 0 && !r.ClusterScope:
		errs = append(errs, field.Required(path, "resource rules that are not cluster scoped must supply at least one namespace"))
	case slices.Contains(r.Namespaces, wildcard):
		errs = append(errs, kind.Alone(r.Namespaces, path, "namespaces")...)
	default:
		for i, namespace := range r.Namespaces {
			for _, msg := range apivalidation.ValidateNamespaceName(namespace, false) {
				errs = append(errs, field.Invalid(path.Index(i), namespace, "each member of this list must be '*' or a DNS-1123 label; "+msg))
			}
		}
	}
	return errs
}

func ruleVerbs(list []string, path *field.Path) field.ErrorList {
	switch {
	case len(list) == 0:
		return field.ErrorList{field.Required(path, "verbs must contain at least one value")}
	case slices.Contains(list, wildcard):
		return kind.Alone(list, path, "verbs")
	case slices.ContainsFunc(list, func(verb string) bool { return !slices.Contains(verbs, verb) }):
		return field.ErrorList{field.NotSupported(path, list, verbs)}
	}
	return nil
}
