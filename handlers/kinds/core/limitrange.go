package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var limitRanges = kind.Kind{
	Group: group, Resource: "limitranges",
	Strategy: limitRange,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultLimitRange)},
}

// limitRange gets a generated name if it has none.
func limitRange(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.NewName = func(object.Object) string { return string(uuid.NewUUID()) }
	s.Validate = kind.Check(limits)
}

// limits requires unique types and consistent amounts.
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
	if errs := kind.Qualified(path, t); len(errs) > 0 {
		return errs
	}
	if !strings.Contains(t, "/") && t != "Pod" && t != "Container" && t != "PersistentVolumeClaim" {
		return field.ErrorList{field.Invalid(path, t, "must be a standard limit type or fully qualified")}
	}
	return nil
}

func limitNames(l *corev1.LimitRangeItem, path *field.Path) (errs field.ErrorList) {
	names := func(list map[string]quantity.Quantity, name string) {
		for _, k := range slices.Sorted(maps.Keys(list)) {
			if at := path.Child(name).Key(k); l.Type == "Pod" || l.Type == "Container" {
				errs = append(errs, podspec.ContainerResourceName(k, at)...)
			} else {
				errs = append(errs, podspec.ResourceName(k, at)...)
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

// limitAmounts validates the amounts of each resource against each other.
func limitAmounts(l *corev1.LimitRangeItem, path *field.Path) (errs field.ErrorList) {
	all := map[string]bool{}
	for _, list := range []map[string]quantity.Quantity{l.Max, l.Min, l.Default, l.DefaultRequest, l.MaxLimitRequestRatio} {
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
		more := func(have bool, a, b quantity.Quantity, name string, shown quantity.Quantity, format string) {
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
		if !podspec.Overcommits(k) && hasLimit && hasRequest && limit.Cmp(request) != 0 {
			errs = append(errs, field.Invalid(path.Child("defaultRequest").Key(k), request, fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", limit.String(), request.String(), k)))
		}
	}
	return errs
}

func limitRatio(ratio, least, most quantity.Quantity, bounded bool, path *field.Path) (errs field.ErrorList) {
	if ratio.Cmp(*quantity.NewQuantity(1, quantity.DecimalSI)) < 0 {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is less than 1", ratio.String())))
	}
	if !bounded {
		return errs
	}
	value, low, high := float64(ratio.Value()), least.Value(), most.Value()
	if ratio.Value() < quantity.MaxMilliValue && low < quantity.MaxMilliValue && high < quantity.MaxMilliValue {
		value, low, high = float64(ratio.MilliValue())/1000, least.MilliValue(), most.MilliValue()
	}
	if possible := float64(high) / float64(low); value > possible {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is greater than max/min = %f", ratio.String(), possible)))
	}
	return errs
}

// defaultLimitRange sets the defaults of container limits: default from max, defaultRequest from default, then from min.
func defaultLimitRange(l *corev1.LimitRange) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		if item.Type != "Container" {
			continue
		}
		complete(&item.Default, item.Max)
		complete(&item.DefaultRequest, item.Default)
		complete(&item.DefaultRequest, item.Min)
	}
	l.SetDefaults()
}

// complete adds the entries of another list that a list lacks.
func complete(to *map[string]quantity.Quantity, from map[string]quantity.Quantity) {
	for name, q := range from {
		if _, set := (*to)[name]; set {
			continue
		}
		if *to == nil {
			*to = map[string]quantity.Quantity{}
		}
		(*to)[name] = q.DeepCopy()
	}
}
