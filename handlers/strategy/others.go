package strategy

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// others are the entries of all other groups.
var others = map[key]entry{
	{"authentication.k8s.io", "tokenreviews", ""}:                           tokenReviews,
	{"admissionregistration.k8s.io", "validatingwebhookconfigurations", ""}: webhooks,
	{"admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""}:   webhooks,
	{"apiextensions.k8s.io", "customresourcedefinitions", ""}:               definitions,
	{"apiregistration.k8s.io", "apiservices", ""}:                           apiServices,
	{"autoscaling", "horizontalpodautoscalers", ""}:                         autoscalers,
	{"autoscaling", "horizontalpodautoscalers", "status"}:                   autoscalerStatus,
	{"certificates.k8s.io", "certificatesigningrequests", ""}:               signingRequests,
	{"certificates.k8s.io", "certificatesigningrequests", "status"}:         signingRequestStatus,
	{"certificates.k8s.io", "certificatesigningrequests", "approval"}:       signingRequestApproval,
	{"certificates.k8s.io", "clustertrustbundles", ""}:                      trustBundles,
	{"certificates.k8s.io", "podcertificaterequests", ""}:                   entry(kind.Fixed("spec")),
	{"policy", "poddisruptionbudgets", ""}:                                  disruptionBudgets,
	{"rbac.authorization.k8s.io", "roles", ""}:                              roles,
	{"rbac.authorization.k8s.io", "clusterroles", ""}:                       clusterRoles,
	{"rbac.authorization.k8s.io", "rolebindings", ""}:                       roleBindings,
	{"rbac.authorization.k8s.io", "clusterrolebindings", ""}:                clusterRoleBindings,
	{"resource.k8s.io", "devicetaintrules", ""}:                             taintRules,
	{"resource.k8s.io", "resourceclaims", ""}:                               entry(kind.Fixed("spec")),
	{"resource.k8s.io", "resourceclaimtemplates", ""}:                       entry(kind.Fixed("spec")),
	{"resource.k8s.io", "resourceslices", ""}:                               entry(kind.Fixed("spec.pool.name")),
	{"storage.k8s.io", "csidrivers", ""}:                                    csiDrivers,
	{"storage.k8s.io", "csinodes", ""}:                                      csiNodes,
	{"storage.k8s.io", "volumeattributesclasses", ""}:                       attributesClasses,
	{"storagemigration.k8s.io", "storageversionmigrations", ""}:             entry(kind.Fixed("spec")),
}

func webhooks(_ *Deps, row resources.Row, s *resource.Strategy) {
	p := compile(row, "webhooks")
	// What is empty and what is absent are two things here, as for the original.
	s.Changed = func(o, old object.Object) bool {
		a, b := p.Get(o), p.Get(old)
		return !a.IsValid() || !b.IsValid() || !reflect.DeepEqual(a.Interface(), b.Interface())
	}
}

func roles(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *rbacv1.Role) field.ErrorList { return policyRules(o.Rules, true) })
}

func clusterRoles(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *rbacv1.ClusterRole) field.ErrorList {
		errs := policyRules(o.Rules, false)
		if o.AggregationRule == nil {
			return errs
		}
		path := field.NewPath("aggregationRule", "clusterRoleSelectors")
		if len(o.AggregationRule.ClusterRoleSelectors) == 0 {
			errs = append(errs, field.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
		}
		for i := range o.AggregationRule.ClusterRoleSelectors {
			found := labelSelector(&o.AggregationRule.ClusterRoleSelectors[i], path.Index(i))
			if errs = append(errs, found...); len(found) > 0 {
				errs = append(errs, field.Invalid(path.Index(i), nil, "invalid label selector."))
			}
		}
		return errs
	})
}

func policyRules(rules []rbacv1.PolicyRule, namespaced bool) (errs field.ErrorList) {
	for i, r := range rules {
		path := field.NewPath("rules").Index(i)
		if len(r.Verbs) == 0 {
			errs = append(errs, field.Required(path.Child("verbs"), "verbs must contain at least one value"))
		}
		if len(r.NonResourceURLs) > 0 {
			if namespaced {
				errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
			}
			if len(r.APIGroups)+len(r.Resources)+len(r.ResourceNames) > 0 {
				errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
			}
			continue
		}
		if len(r.APIGroups) == 0 {
			errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
		}
		if len(r.Resources) == 0 {
			errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
		}
	}
	return errs
}

func roleBindings(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *rbacv1.RoleBinding) field.ErrorList { return bindingRules(&o.RoleRef, o.Subjects, true) })
	s.ValidateUpdate = checkUpdate(func(o, old *rbacv1.RoleBinding) field.ErrorList { return sameRole(o.RoleRef, old.RoleRef) })
}

func clusterRoleBindings(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *rbacv1.ClusterRoleBinding) field.ErrorList { return bindingRules(&o.RoleRef, o.Subjects, false) })
	s.ValidateUpdate = checkUpdate(func(o, old *rbacv1.ClusterRoleBinding) field.ErrorList { return sameRole(o.RoleRef, old.RoleRef) })
}

func sameRole(now, old rbacv1.RoleRef) field.ErrorList {
	if now == old {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("roleRef"), display(now), "cannot change roleRef")}
}

const rbacGroup = "rbac.authorization.k8s.io"

func bindingRules(ref *rbacv1.RoleRef, subjects []rbacv1.Subject, namespaced bool) (errs field.ErrorList) {
	path := field.NewPath("roleRef")
	if ref.APIGroup != rbacGroup {
		errs = append(errs, field.NotSupported(path.Child("apiGroup"), ref.APIGroup, []string{rbacGroup}))
	}
	kinds := []string{"Role", "ClusterRole"}
	if !namespaced {
		kinds = kinds[1:]
	}
	if ref.Kind != "ClusterRole" && (ref.Kind != "Role" || !namespaced) {
		errs = append(errs, field.NotSupported(path.Child("kind"), ref.Kind, kinds))
	}
	if ref.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	for _, msg := range pathSegment(ref.Name, false) {
		errs = append(errs, field.Invalid(path.Child("name"), ref.Name, msg))
	}
	for i, sub := range subjects {
		at := field.NewPath("subjects").Index(i)
		if sub.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		}
		switch sub.Kind {
		case "ServiceAccount":
			if sub.Name != "" {
				errs = append(errs, dnsName(at.Child("name"), sub.Name)...)
			}
			if sub.APIGroup != "" {
				errs = append(errs, field.NotSupported(at.Child("apiGroup"), sub.APIGroup, []string{""}))
			}
			if !namespaced && sub.Namespace == "" {
				errs = append(errs, field.Required(at.Child("namespace"), ""))
			}
		case "User", "Group":
			if sub.APIGroup != rbacGroup {
				errs = append(errs, field.NotSupported(at.Child("apiGroup"), sub.APIGroup, []string{rbacGroup}))
			}
		default:
			errs = append(errs, field.NotSupported(at.Child("kind"), sub.Kind, []string{"ServiceAccount", "User", "Group"}))
		}
	}
	return errs
}
