package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var resourceQuotas = kind.Kind{
	Group: group, Resource: "resourcequotas",
	Strategy:     resourceQuota,
	Subresources: map[string]kind.Strategy{"status": quotaStatus},
	Cells:        kind.Cells{"quotaRequests": kind.CellOf(quotaRequests), "quotaLimits": kind.CellOf(quotaLimits)},
}

func resourceQuota(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(quotaScopes)
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *corev1.ResourceQuota) field.ErrorList {
		path := field.NewPath("spec", "scopes")
		now, was := map[string]bool{}, map[string]bool{}
		for _, x := range o.Spec.Scopes {
			now[x] = true
		}
		for _, x := range old.Spec.Scopes {
			was[x] = true
		}
		if len(now) != len(was) {
			return field.ErrorList{field.Invalid(path, o.Spec.Scopes, kind.Immutable)}
		}
		for x := range now {
			if !was[x] {
				return field.ErrorList{field.Invalid(path, o.Spec.Scopes, kind.Immutable)}
			}
		}
		return nil
	})
	s.Warnings = kind.Warn(quotaWarnings)
}

func quotaStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *corev1.ResourceQuota) field.ErrorList {
		return append(quotaResources(&o.Status.Hard, status.Child("hard")), quotaResources(&o.Status.Used, status.Child("used"))...)
	})
}

// quotaResources are the names and amounts that a quota counts, in its spec and in its status.
func quotaResources(m *map[string]quantity.Quantity, path *field.Path) (errs field.ErrorList) {
	for _, name := range kind.SortedKeys(*m) {
		at := path.Key(name)
		errs = append(errs, podspec.ResourceName(name, at)...)
		if !strings.Contains(name, "/") && !podspec.QuotaName(name) {
			errs = append(errs, field.Invalid(at, name, "must be a standard resource for quota"))
		}
		q := (*m)[name]
		errs = append(errs, podspec.Amount(name, &q, at)...)
	}
	return errs
}

// Resources that scopes support.
var (
	countedPods   = []string{"pods"}
	computed      = []string{"pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"}
	countedClaims = []string{"persistentvolumeclaims", "requests.storage"}
)

// scopes by name, with the resources that they support.
var scopes = map[string][]string{"Terminating": computed, "NotTerminating": computed, "BestEffort": countedPods, "NotBestEffort": computed,
	"PriorityClass": computed, "CrossNamespacePodAffinity": computed, "VolumeAttributesClass": countedClaims}

const wrongScope, unknownScope = "unsupported scope applied to resource", "unsupported scope"

// quotaScopes requires known scopes that support the resources and do not contradict each other.
func quotaScopes(o *corev1.ResourceQuota) (errs field.ErrorList) {
	at := spec.Child("scopes")
	for _, scope := range o.Spec.Scopes {
		if _, known := scopes[scope]; !known {
			errs = append(errs, field.Invalid(at, o.Spec.Scopes, unknownScope))
		}
		if !scopeFits(scope, o.Spec.Hard) {
			errs = append(errs, field.Invalid(at, o.Spec.Scopes, wrongScope))
		}
	}
	if contradict(o.Spec.Scopes) {
		errs = append(errs, field.Invalid(at, o.Spec.Scopes, "conflicting scopes"))
	}
	if o.Spec.ScopeSelector == nil {
		return errs
	}
	at = spec.Child("scopeSelector", "matchExpressions")
	var named []string
	for _, r := range o.Spec.ScopeSelector.MatchExpressions {
		named = append(named, r.ScopeName)
		if _, known := scopes[r.ScopeName]; !known {
			errs = append(errs, field.Invalid(at.Child("scopeName"), r.ScopeName, unknownScope))
		}
		if !scopeFits(r.ScopeName, o.Spec.Hard) {
			errs = append(errs, field.Invalid(at, display.Value(o.Spec.ScopeSelector), wrongScope))
		}
		errs = append(errs, scopeOperator(&r, at)...)
	}
	if contradict(named) {
		errs = append(errs, field.Invalid(at, o.Spec.Scopes, "conflicting scopes"))
	}
	return errs
}

func scopeFits(scope string, hard map[string]quantity.Quantity) bool {
	fitting, known := scopes[scope]
	for name := range hard {
		if known && podspec.QuotaName(name) && !slices.Contains(fitting, name) {
			return false
		}
	}
	return true
}

func contradict(list []string) bool {
	return slices.Contains(list, "BestEffort") && slices.Contains(list, "NotBestEffort") || slices.Contains(list, "Terminating") && slices.Contains(list, "NotTerminating")
}

func scopeOperator(r *corev1.ScopedResourceSelectorRequirement, path *field.Path) (errs field.ErrorList) {
	_, known := scopes[r.ScopeName]
	if withoutValues := known && r.ScopeName != "PriorityClass" && r.ScopeName != "VolumeAttributesClass"; withoutValues && r.Operator != "Exists" {
		errs = append(errs, field.Invalid(path.Child("operator"), r.Operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"))
	}
	switch r.Operator {
	case "In", "NotIn":
		if len(r.Values) == 0 {
			errs = append(errs, field.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
		}
	case "Exists", "DoesNotExist":
		if len(r.Values) > 0 {
			errs = append(errs, field.Invalid(path.Child("values"), r.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), r.Operator, "not a valid selector operator"))
	}
	return errs
}

func quotaRequests(q *corev1.ResourceQuota) string { return quota(q, false) }

func quotaLimits(q *corev1.ResourceQuota) string { return quota(q, true) }

// quota lists used and hard amounts of the resources whose name starts with limits., or of the others.
func quota(q *corev1.ResourceQuota, limits bool) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(q.Status.Hard)) {
		if strings.HasPrefix(name, "limits.") == limits {
			used, hard := q.Status.Used[name], q.Status.Hard[name]
			out = append(out, name+": "+used.String()+"/"+hard.String())
		}
	}
	return strings.Join(out, ", ")
}

// quotaWarnings warns of requests above limits.
func quotaWarnings(o, old *corev1.ResourceQuota) (out []string) {
	if old != nil {
		return nil
	}
	for _, name := range []string{"cpu", "memory", "storage", "ephemeral-storage"} {
		requests, limits := "requests."+name, "limits."+name
		request, ok := o.Spec.Hard[requests]
		if !ok && (name == "cpu" || name == "memory") {
			requests = name
			request, ok = o.Spec.Hard[requests]
		}
		limit, limited := o.Spec.Hard[limits]
		if ok && limited && request.Cmp(limit) > 0 {
			out = append(out, fmt.Sprintf("ResourceQuota %s (%s) should be less than %s (%s)", requests, request.String(), limits, limit.String()))
		}
	}
	return out
}
