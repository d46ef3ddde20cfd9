package validation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// listRules are about the number of values and which of them are allowed.
var listRules = map[string]Rule{
	"enum": {ok: inEnum, errors: notSupported},
	"maxitems": {
		ok: func(v reflect.Value, param string) bool { return int64(v.Len()) <= number(param) },
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			return field.ErrorList{field.TooMany(path, v.Len(), int(number(param)))}
		},
	},
	"minitems": {
		ok: func(v reflect.Value, param string) bool { return int64(v.Len()) >= number(param) },
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			return field.ErrorList{field.TooFew(path, v.Len(), int(number(param)))}
		},
	},
	"minlength": {
		ok: func(v reflect.Value, param string) bool {
			return int64(utf8.RuneCountInString(v.String())) >= number(param)
		},
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			return field.ErrorList{field.TooShort(path, v.String(), int(number(param)))}
		},
	},
	"maxlength": {
		ok: func(v reflect.Value, param string) bool { return int64(v.Len()) <= number(param) },
		errors: func(path *field.Path, _ reflect.Value, param string) field.ErrorList {
			return tooLong(path, number(param))
		},
	},
	"unique": {ok: func(v reflect.Value, param string) bool { return len(repeated(v, param)) == 0 }, errors: duplicates},
}

// inEnum searches the list in the tag without splitting it, which would allocate.
func inEnum(v reflect.Value, param string) bool {
	value := v.String()
	if value == "" {
		value = "''"
	}
	for rest := param; rest != ""; {
		var one string
		if one, rest, _ = strings.Cut(rest, " "); one == value || strings.ReplaceAll(one, "~", " ") == value {
			return true
		}
	}
	return false
}

func notSupported(path *field.Path, v reflect.Value, param string) field.ErrorList {
	values := strings.Split(param, " ")
	for i, x := range values {
		values[i] = strings.ReplaceAll(x, "~", " ")
		if x == "''" {
			values[i] = ""
		}
	}
	return field.ErrorList{field.NotSupported(path, v.String(), values)}
}

// repeated are the indexes of items whose key an earlier item has. The key is a field by its JSON name; "." is the item.
func repeated(v reflect.Value, key string) (at []int) {
	seen := make(map[string]bool, v.Len())
	for i := range v.Len() {
		k := fmt.Sprint(keyOf(v.Index(i), key))
		if seen[k] {
			at = append(at, i)
		}
		seen[k] = true
	}
	return at
}

func keyOf(item reflect.Value, key string) any {
	if key == "." {
		return item.Interface()
	}
	for i := range item.NumField() {
		if object.JSONName(item.Type().Field(i)) == key {
			return item.Field(i).Interface()
		}
	}
	return nil
}

func duplicates(path *field.Path, v reflect.Value, param string) (errs field.ErrorList) {
	for _, i := range repeated(v, param) {
		at := path.Index(i)
		if param != "." {
			at = at.Child(param)
		}
		errs = append(errs, field.Duplicate(at, keyOf(v.Index(i), param)))
	}
	return errs
}

// sorted keys of a map make the order of errors deterministic.
func sorted(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		keys = append(keys, it.Key().String())
	}
	slices.Sort(keys)
	return keys
}
