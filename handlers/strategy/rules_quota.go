package strategy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Resources that a scope can narrow the count of.
var (
	countedPods   = []string{"pods"}
	computed      = []string{"pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"}
	countedClaims = []string{"persistentvolumeclaims", "requests.storage"}
)

// scopes are what a quota may be narrowed to, with the resources that it then may count.
var scopes = map[string][]string{"Terminating": computed, "NotTerminating": computed, "BestEffort": countedPods, "NotBestEffort": computed,
	"PriorityClass": computed, "CrossNamespacePodAffinity": computed, "VolumeAttributesClass": countedClaims}

const wrongScope, unknownScope = "unsupported scope applied to resource", "unsupported scope"

// quotaScopes wants scopes that exist, fit the resources and do not contradict each other.
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
			errs = append(errs, field.Invalid(at, display(o.Spec.ScopeSelector), wrongScope))
		}
		errs = append(errs, scopeOperator(&r, at)...)
	}
	if contradict(named) {
		errs = append(errs, field.Invalid(at, o.Spec.Scopes, "conflicting scopes"))
	}
	return errs
}

func scopeFits(scope string, hard map[string]resource.Quantity) bool {
	fitting, known := scopes[scope]
	for name := range hard {
		if known && rules.QuotaName(name) && !slices.Contains(fitting, name) {
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

// limits wants what is said of each type once and without contradictions.
func limits(o *corev1.LimitRange) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i := range o.Spec.Limits {
		l, at := &o.Spec.Limits[i], spec.Child("limits").Index(i)
		errs = append(errs, limitType(l.Type, at.Child("type"))...)
		if seen[l.Type] {
			errs = append(errs, field.Duplicate(at.Child("type"), l.Type))
		}
		seen[l.Type] = true
		errs = append(errs, limitNames(l, at)...)
		errs = append(errs, limitAmounts(l, at)...)
	}
	return errs
}

func limitType(t string, path *field.Path) field.ErrorList {
	if errs := qualified(path, t); len(errs) > 0 {
		return errs
	}
	if !strings.Contains(t, "/") && t != "Pod" && t != "Container" && t != "PersistentVolumeClaim" {
		return field.ErrorList{field.Invalid(path, t, "must be a standard limit type or fully qualified")}
	}
	return nil
}

func limitNames(l *corev1.LimitRangeItem, path *field.Path) (errs field.ErrorList) {
	names := func(list map[string]resource.Quantity, name string) {
		for _, k := range slices.Sorted(maps.Keys(list)) {
			if at := path.Child(name).Key(k); l.Type == "Pod" || l.Type == "Container" {
				errs = append(errs, rules.ContainerResource(k, at)...)
			} else {
				errs = append(errs, rules.Resource(k, at)...)
			}
		}
	}
	names(l.Max, "max")
	names(l.Min, "min")
	if l.Type == "Pod" {
		if len(l.Default) > 0 {
			errs = append(errs, field.Forbidden(path.Child("default"), "may not be specified when `type` is 'Pod'"))
		}
		if len(l.DefaultRequest) > 0 {
			errs = append(errs, field.Forbidden(path.Child("defaultRequest"), "may not be specified when `type` is 'Pod'"))
		}
	} else {
		names(l.Default, "default")
		names(l.DefaultRequest, "defaultRequest")
	}
	_, least := l.Min["storage"]
	_, most := l.Max["storage"]
	if l.Type == "PersistentVolumeClaim" && !least && !most {
		errs = append(errs, field.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided"))
	}
	names(l.MaxLimitRequestRatio, "maxLimitRequestRatio")
	return errs
}

// limitAmounts compares the amounts of each resource with each other.
func limitAmounts(l *corev1.LimitRangeItem, path *field.Path) (errs field.ErrorList) {
	all := map[string]bool{}
	for _, list := range []map[string]resource.Quantity{l.Max, l.Min, l.Default, l.DefaultRequest, l.MaxLimitRequestRatio} {
		for k := range list {
			all[k] = true
		}
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		least, hasLeast := l.Min[k]
		most, hasMost := l.Max[k]
		limit, hasLimit := l.Default[k]
		request, hasRequest := l.DefaultRequest[k]
		hasLimit, hasRequest = hasLimit && l.Type != "Pod", hasRequest && l.Type != "Pod"
		more := func(have bool, a, b resource.Quantity, name string, shown resource.Quantity, format string) {
			if have && a.Cmp(b) > 0 {
				errs = append(errs, field.Invalid(path.Child(name).Key(k), shown, format))
			}
		}
		more(hasLeast && hasMost, least, most, "min", least, fmt.Sprintf("min value %s is greater than max value %s", least.String(), most.String()))
		more(hasRequest && hasLeast, least, request, "defaultRequest", request, fmt.Sprintf("min value %s is greater than default request value %s", least.String(), request.String()))
		more(hasRequest && hasMost, request, most, "defaultRequest", request, fmt.Sprintf("default request value %s is greater than max value %s", request.String(), most.String()))
		more(hasRequest && hasLimit, request, limit, "defaultRequest", request, fmt.Sprintf("default request value %s is greater than default limit value %s", request.String(), limit.String()))
		more(hasLimit && hasLeast, least, limit, "default", least, fmt.Sprintf("min value %s is greater than default value %s", least.String(), limit.String()))
		more(hasLimit && hasMost, limit, most, "default", most, fmt.Sprintf("default value %s is greater than max value %s", limit.String(), most.String()))
		if ratio, ok := l.MaxLimitRequestRatio[k]; ok {
			errs = append(errs, limitRatio(ratio, least, most, hasLeast && hasMost, path.Child("maxLimitRequestRatio").Key(k))...)
		}
		if !overcommits(k) && hasLimit && hasRequest && limit.Cmp(request) != 0 {
			errs = append(errs, field.Invalid(path.Child("defaultRequest").Key(k), request, fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", limit.String(), request.String(), k)))
		}
	}
	return errs
}

func limitRatio(ratio, least, most resource.Quantity, bounded bool, path *field.Path) (errs field.ErrorList) {
	if ratio.Cmp(*resource.NewQuantity(1, resource.DecimalSI)) < 0 {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is less than 1", ratio.String())))
	}
	if !bounded {
		return errs
	}
	value, low, high := float64(ratio.Value()), least.Value(), most.Value()
	if ratio.Value() < resource.MaxMilliValue && low < resource.MaxMilliValue && high < resource.MaxMilliValue {
		value, low, high = float64(ratio.MilliValue())/1000, least.MilliValue(), most.MilliValue()
	}
	if possible := float64(high) / float64(low); value > possible {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is greater than max/min = %f", ratio.String(), possible)))
	}
	return errs
}
