package validation

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Rule is one entry of a table: ok decides, errors words the refusal. param is the part of the tag after the equals sign.
type Rule struct {
	ok     func(v reflect.Value, param string) bool
	errors func(path *field.Path, v reflect.Value, param string) field.ErrorList
	// evenNil: the rule is also called for a nil pointer.
	evenNil bool
}

// Whole makes a rule of a function that returns all faults of a value.
func Whole[T any](f func(*T, *field.Path) field.ErrorList) Rule {
	return Rule{
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

// Text makes a rule of a function that returns all faults of a string. quick may be nil; a string that it accepts has none.
func Text(quick func(string) bool, f func(*field.Path, string) field.ErrorList) Rule {
	return Rule{
		ok: func(v reflect.Value, _ string) bool {
			s := v.String()
			return quick != nil && quick(s) || len(f(nil, s)) == 0
		},
		errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList { return f(path, v.String()) },
	}
}

// Between makes a rule of the bounds of a number, both inclusive.
func Between(low, high int64, message string) Rule {
	return Rule{
		ok:     func(v reflect.Value, _ string) bool { return v.Int() >= low && v.Int() <= high },
		errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList { return invalid(path, v, message) },
	}
}

// addressable is a pointer to the value, or to a copy where the walk gives no address.
func addressable[T any](v reflect.Value) *T {
	if v.CanAddr() {
		if p, ok := v.Addr().Interface().(*T); ok {
			return p
		}
	}
	if x, ok := v.Interface().(T); ok {
		return &x
	}
	return nil
}
