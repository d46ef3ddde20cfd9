package validation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// valueRules judge values of apimachinery's types and maps as a whole.
var valueRules = map[string]rule{
	"port-or-name": whole(portOrName),
	"selector":     whole(selector),
	"source-range": whole(sourceRange),
	"access-modes": whole(accessModes),
	"domain-path": {ok: func(v reflect.Value, _ string) bool {
		return len(validation.IsDomainPrefixedPath(nil, v.String())) == 0
	}, errors: domainPath},
	"quota-resource":     whole(quotaResources),
	"labels":             whole(labels),
	"map":                {ok: func(v reflect.Value, p string) bool { return len(mapFaults(nil, v, p)) == 0 }, errors: mapFaults},
	"quantity":           whole(quantity),
	"container-resource": whole(containerResources),
	"size-limit":         whole(sizeLimit),
}

// whole makes a rule of a function that finds all faults of a value.
func whole[T any](f func(*T, *field.Path) field.ErrorList) rule {
	return rule{
		ok: func(v reflect.Value, _ string) bool {
			t := addressable[T](v)
			return t == nil || len(f(t, nil)) == 0
		},
		errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList {
			if t := addressable[T](v); t != nil {
				return f(t, path)
			}
			return nil
		},
	}
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
		if !quickQualified(k) || !quickLabelValue(v) {
			return false
		}
	}
	return true
}

func labels(m *map[string]string, path *field.Path) field.ErrorList {
	if quickLabels(*m) {
		return nil
	}
	var errs field.ErrorList
	for _, k := range sorted(reflect.ValueOf(*m)) {
		errs = append(errs, metavalidation.ValidateLabels(map[string]string{k: (*m)[k]}, path)...)
	}
	return errs
}

func annotations(m *map[string]string, path *field.Path) field.ErrorList {
	if len(*m) == 0 {
		return nil
	}
	return apivalidation.ValidateAnnotations(*m, path)
}

// mapFaults judges keys and values of a map by formats: param is the format of keys, then that of values.
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

// plainMap says whether all keys and values are plainly right, without sorting or messages.
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

// accessModes are reported at the list.
func accessModes(l *[]string, path *field.Path) (errs field.ErrorList) {
	modes := []string{"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"}
	for _, m := range *l {
		if !slices.Contains(modes, m) {
			errs = append(errs, field.NotSupported(path, m, modes))
		}
	}
	return errs
}

// sourceRange may have spaces around it.
func sourceRange(s *string, path *field.Path) field.ErrorList {
	return validation.IsValidCIDRForLegacyField(path, strings.TrimSpace(*s), true, nil)
}

func domainPath(path *field.Path, v reflect.Value, _ string) field.ErrorList {
	return validation.IsDomainPrefixedPath(path, v.String())
}

func quantity(q *resource.Quantity, path *field.Path) field.ErrorList {
	if q.Sign() < 0 {
		return field.ErrorList{field.Invalid(path, q.String(), apivalidation.IsNegativeErrorMsg)}
	}
	return nil
}

// sizeLimit of an empty directory has its own words for being negative.
func sizeLimit(q *resource.Quantity, path *field.Path) field.ErrorList {
	if q.Sign() < 0 {
		return field.ErrorList{field.Forbidden(path, "SizeLimit field must be a valid resource quantity")}
	}
	return nil
}

// containerResources judges names and amounts of what a container or pod asks for.
func containerResources(m *map[string]resource.Quantity, path *field.Path) field.ErrorList {
	if plainResources(*m) {
		return nil
	}
	var errs field.ErrorList
	for _, name := range sorted(reflect.ValueOf(*m)) {
		q := (*m)[name]
		at := path.Key(name)
		errs = append(errs, containerResourceName(name, at)...)
		errs = append(errs, amount(name, &q, at)...)
	}
	return errs
}

// plainResources: nothing but the three that every container knows, none negative.
func plainResources(m map[string]resource.Quantity) bool {
	for name, q := range m {
		if !ofContainers[name] || q.Sign() < 0 {
			return false
		}
	}
	return true
}

// Amount of a resource that is not used in pages: not negative, and whole where parts make no sense.
func Amount(name string, q *resource.Quantity, path *field.Path) field.ErrorList {
	errs := quantity(q, path)
	if wholeOnly(name) && q.MilliValue()%1000 != 0 {
		errs = append(errs, field.Invalid(path, *q, "must be an integer"))
	}
	return errs
}

// amount of a resource: not negative, whole where parts make no sense, full pages.
func amount(name string, q *resource.Quantity, path *field.Path) field.ErrorList {
	errs := Amount(name, q, path)
	if size, ok := strings.CutPrefix(name, "hugepages-"); ok {
		page, err := object.ParseQuantity(size)
		switch {
		case err != nil:
			errs = append(errs, field.Invalid(path, q.String(), err.Error()))
		case page.Value() > 0 && q.Value()%page.Value() != 0:
			errs = append(errs, field.Invalid(path, q.String(), fmt.Sprintf("%s is not positive integer multiple of %s", q.String(), name)))
		}
	}
	return errs
}
