package rbac

import (
	"slices"
	"strings"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// all is the wildcard of verbs, groups, resources and paths.
const all = "*"

// allows says whether a rule allows what is asked. combined is resource/subresource, made once by the caller.
func allows(rule *rbacv1.PolicyRule, a *authz.Attributes, combined string) bool {
	if !contains(rule.Verbs, a.Verb) {
		return false
	}
	if !a.IsResource {
		return slices.ContainsFunc(rule.NonResourceURLs, func(pattern string) bool { return pathMatches(pattern, a.Path) })
	}
	return contains(rule.APIGroups, a.Group) && resourceMatches(rule.Resources, combined, a.Subresource) &&
		(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, a.Name))
}

// contains is membership, the wildcard counting for every value.
func contains(set []string, value string) bool {
	for _, s := range set {
		if s == value || s == all {
			return true
		}
	}
	return false
}

// resourceMatches knows pods, pods/log, */scale and *; pods/* is no pattern.
func resourceMatches(set []string, combined, subresource string) bool {
	for _, s := range set {
		if s == all || s == combined {
			return true
		}
		if subresource != "" && len(s) == len(subresource)+2 && s[:2] == "*/" && s[2:] == subresource {
			return true
		}
	}
	return false
}

// pathMatches knows whole paths and a star at the end.
func pathMatches(pattern, path string) bool {
	return pattern == all || pattern == path ||
		strings.HasSuffix(pattern, all) && strings.HasPrefix(path, strings.TrimRight(pattern, all))
}

// Allow says whether one of the rules allows what is asked.
func Allow(rules []rbacv1.PolicyRule, a *authz.Attributes) bool {
	combined := a.Resource
	if a.Subresource != "" {
		combined += "/" + a.Subresource
	}
	return slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return allows(&r, a, combined) })
}
