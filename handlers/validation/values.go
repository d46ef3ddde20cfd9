package validation

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// valueRules validate values of apimachinery's types, and maps as a whole.
var valueRules = map[string]Rule{
	"port-or-name": Whole(portOrName),
	"selector":     Whole(selector),
	"domain-path":  Text(nil, validation.IsDomainPrefixedPath),
	"labels":       Whole(func(m *map[string]string, path *field.Path) field.ErrorList { return Labels(*m, path) }),
	"map":          {ok: func(v reflect.Value, p string) bool { return len(mapFaults(nil, v, p)) == 0 }, errors: mapFaults},
	"quantity":     Whole(Quantity),
}

func portOrName(p *intstr.IntOrString, path *field.Path) field.ErrorList {
	if p.Type == intstr.Int {
		return invalid(path, reflect.ValueOf(p.IntValue()), validation.IsValidPortNum(p.IntValue())...)
	}
	if quickPortName(p.StrVal) {
		return nil
	}
	return invalid(path, reflect.ValueOf(p.StrVal), validation.IsValidPortName(p.StrVal)...)
}

func selector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	if len(s.MatchExpressions) == 0 && quickLabels(s.MatchLabels) {
		return nil
	}
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}

func quickLabels(m map[string]string) bool {
	for k, v := range m {
		if !QuickQualified(k) || !QuickLabelValue(v) {
			return false
		}
	}
	return true
}

// Labels finds the faults of labels, in the order of their keys.
func Labels(m map[string]string, path *field.Path) field.ErrorList {
	if quickLabels(m) {
		return nil
	}
	var errs field.ErrorList
	for _, k := range sorted(reflect.ValueOf(m)) {
		errs = append(errs, metavalidation.ValidateLabels(map[string]string{k: m[k]}, path)...)
	}
	return errs
}

// mapFaults validates keys and values of a map. param is the format of the keys, then that of the values.
func mapFaults(path *field.Path, v reflect.Value, param string) field.ErrorList {
	keys, values, _ := strings.Cut(param, " ")
	if _, judged := formats[values]; (!judged || formats[values].quick != nil) && plainMap(v, formats[keys].quick, formats[values].quick) {
		return nil
	}
	var errs field.ErrorList
	for _, k := range sorted(v) {
		if f, ok := formats[keys]; ok && !(f.quick != nil && f.quick(k)) {
			errs = append(errs, invalid(path.Key(k), reflect.ValueOf(k), f.messages(k)...)...)
		}
		if f, ok := formats[values]; ok {
			value := v.MapIndex(reflect.ValueOf(k)).String()
			if !(f.quick != nil && f.quick(value)) {
				errs = append(errs, invalid(path.Key(k), reflect.ValueOf(value), f.messages(value)...)...)
			}
		}
	}
	return errs
}

// plainMap is the fast path of mapFaults, without sorting or messages.
func plainMap(v reflect.Value, key, value func(string) bool) bool {
	if key == nil {
		return false
	}
	for it := v.MapRange(); it.Next(); {
		if !key(it.Key().String()) || value != nil && !value(it.Value().String()) {
			return false
		}
	}
	return true
}

// Quantity must not be negative.
func Quantity(q *resource.Quantity, path *field.Path) field.ErrorList {
	if q.Sign() < 0 {
		return field.ErrorList{field.Invalid(path, q.String(), apivalidation.IsNegativeErrorMsg)}
	}
	return nil
}
