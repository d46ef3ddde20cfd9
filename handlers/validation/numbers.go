package validation

import (
	"reflect"
	"strconv"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// numberRules bound integers. The keywords have upstream's most frequent wording for such a bound; the others have the wording
// of particular fields.
var numberRules = map[string]Rule{
	"atleast": {
		ok: func(v reflect.Value, param string) bool { return v.Int() >= number(param) },
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			if number(param) == 0 {
				return invalid(path, v, apivalidation.IsNegativeErrorMsg)
			}
			return invalid(path, v, "must be greater than or equal to "+param)
		},
	},
	"atmost": {
		ok: func(v reflect.Value, param string) bool { return v.Int() <= number(param) },
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			return invalid(path, v, "must be less than or equal to "+param)
		},
	},
	"between": {
		ok: func(v reflect.Value, param string) bool {
			low, high, _ := strings.Cut(param, " ")
			return v.Int() >= number(low) && v.Int() <= number(high)
		},
		errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
			low, high, _ := strings.Cut(param, " ")
			return invalid(path, v, validation.InclusiveRangeError(int(number(low)), int(number(high))))
		},
	},
	"positive":   Between(1, 1<<62, "must be greater than zero"),
	"above-zero": Between(1, 1<<62, "must be greater than 0"),
}

// number parses a bound. The generator writes nothing else.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func invalid(path *field.Path, v reflect.Value, messages ...string) field.ErrorList {
	var errs field.ErrorList
	for _, m := range messages {
		errs = append(errs, field.Invalid(path, v.Interface(), m))
	}
	return errs
}

// tooLong counts bytes, as upstream does, although the message says characters.
func tooLong(path *field.Path, max int64) field.ErrorList {
	return field.ErrorList{field.TooLong(path, "", int(max))}
}
