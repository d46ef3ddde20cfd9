package admissionregistration

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const wildcard = "*"

var (
	operations = []string{wildcard, "CONNECT", "CREATE", "DELETE", "UPDATE"}
	scopes     = []string{wildcard, "Cluster", "Namespaced"}
)

type rule = admissionregistrationv1.NamedRuleWithOperations

// named1 converts a rule of a webhook into one of a policy, which may have resourceNames.
func named1(r *admissionregistrationv1.RuleWithOperations) *rule {
	return &rule{Operations: r.Operations, APIGroups: r.APIGroups, APIVersions: r.APIVersions, Resources: r.Resources, Scope: r.Scope}
}

// namedRule validates a rule of a policy.
func namedRule(r *rule, path *field.Path) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i, name := range r.ResourceNames {
		at := path.Child("resourceNames").Index(i)
		errs = append(errs, kind.Segment(at, name)...)
		if seen[name] {
			errs = append(errs, field.Duplicate(at, name))
		}
		seen[name] = true
	}
	return append(errs, operationsRule(r, path)...)
}

// operationsRule validates the operations, groups, versions, resources and scope of a rule.
func operationsRule(r *rule, path *field.Path) (errs field.ErrorList) {
	at := path.Child("operations")
	if len(r.Operations) == 0 {
		errs = append(errs, field.Required(at, ""))
	}
	errs = append(errs, kind.Alone(r.Operations, at, "operations")...)
	for i, operation := range r.Operations {
		errs = append(errs, kind.Among(at.Index(i), operation, operations...)...)
	}
	if at = path.Child("apiGroups"); len(r.APIGroups) == 0 {
		errs = append(errs, field.Required(at, ""))
	}
	errs = append(errs, kind.Alone(r.APIGroups, at, "API groups")...)
	if at = path.Child("apiVersions"); len(r.APIVersions) == 0 {
		errs = append(errs, field.Required(at, ""))
	}
	errs = append(errs, kind.Alone(r.APIVersions, at, "API versions")...)
	for i, version := range r.APIVersions {
		if version == "" {
			errs = append(errs, field.Required(at.Index(i), ""))
		}
	}
	errs = append(errs, ruleResources(r.Resources, path.Child("resources"))...)
	return append(errs, optional(path.Child("scope"), r.Scope, scopes)...)
}

// ruleResources validates resource/subresource patterns. A pattern must not match what an earlier wildcard matches.
func ruleResources(list []string, path *field.Path) (errs field.ErrorList) {
	if len(list) == 0 {
		errs = append(errs, field.Required(path, ""))
	}
	allOf, ofAll := map[string]bool{}, map[string]bool{}
	everything, all, plain := false, false, false
	for i, name := range list {
		if name == "" {
			errs = append(errs, field.Required(path.Index(i), ""))
			continue
		}
		everything, all = everything || name == "*/*", all || name == wildcard
		parent, sub, deep := strings.Cut(name, "/")
		if !deep {
			plain = name != wildcard
			continue
		}
		if allOf[parent] {
			errs = append(errs, field.Invalid(path.Index(i), name, fmt.Sprintf("if '%s/*' is present, must not specify %s", parent, name)))
		}
		if ofAll[sub] {
			errs = append(errs, field.Invalid(path.Index(i), name, fmt.Sprintf("if '*/%s' is present, must not specify %s", sub, name)))
		}
		if sub == wildcard {
			allOf[parent] = true
		}
		if parent == wildcard {
			ofAll[sub] = true
		}
	}
	if len(list) > 1 && everything {
		errs = append(errs, field.Invalid(path, list, "if '*/*' is present, must not specify other resources"))
	}
	if all && plain {
		errs = append(errs, field.Invalid(path, list, "if '*' is present, must not specify other resources without subresources"))
	}
	return errs
}
