package validation

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

const rbacGroup = "rbac.authorization.k8s.io"

// policyRule is about resources or about URLs, never about both.
func policyRule(r *rbacv1.PolicyRule, path *field.Path) (errs field.ErrorList) {
	if len(r.Verbs) == 0 {
		errs = append(errs, field.Required(path.Child("verbs"), "verbs must contain at least one value"))
	}
	if len(r.NonResourceURLs) > 0 {
		if len(r.APIGroups) > 0 || len(r.Resources) > 0 || len(r.ResourceNames) > 0 {
			errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
		}
		return errs
	}
	if len(r.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	if len(r.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	return errs
}

func rbacSubject(s *rbacv1.Subject, path *field.Path) (errs field.ErrorList) {
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	group := path.Child("apiGroup")
	switch s.Kind {
	case "ServiceAccount":
		if s.Name != "" {
			for _, msg := range formats["dns-subdomain"].messages(s.Name) {
				errs = append(errs, field.Invalid(path.Child("name"), s.Name, msg))
			}
		}
		if s.APIGroup != "" {
			errs = append(errs, field.NotSupported(group, s.APIGroup, []string{""}))
		}
	case "User", "Group":
		if s.APIGroup != rbacGroup {
			errs = append(errs, field.NotSupported(group, s.APIGroup, []string{rbacGroup}))
		}
	default:
		errs = append(errs, field.NotSupported(path.Child("kind"), s.Kind, []string{"ServiceAccount", "User", "Group"}))
	}
	return errs
}

// namespacedRule: URLs belong to no namespace.
func namespacedRule(r *rbacv1.PolicyRule, path *field.Path) field.ErrorList {
	if len(r.NonResourceURLs) > 0 {
		return field.ErrorList{field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs")}
	}
	return nil
}

// clusterSubject: outside of namespaces, a service account's must be named.
func clusterSubject(s *rbacv1.Subject, path *field.Path) field.ErrorList {
	if s.Kind == "ServiceAccount" && s.Namespace == "" {
		return field.ErrorList{field.Required(path.Child("namespace"), "")}
	}
	return nil
}

func roleRef(r *rbacv1.RoleRef, path *field.Path) field.ErrorList {
	return refKind(r, []string{"Role", "ClusterRole"}, path)
}

func clusterRoleRef(r *rbacv1.RoleRef, path *field.Path) field.ErrorList {
	return refKind(r, []string{"ClusterRole"}, path)
}

func refKind(r *rbacv1.RoleRef, kinds []string, path *field.Path) field.ErrorList {
	if slices.Contains(kinds, r.Kind) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("kind"), r.Kind, kinds)}
}
