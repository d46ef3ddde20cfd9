package kind

import (
	"context"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Counts refuses negative numbers in a status. The errors come in the order of names.
func Counts(row resources.Row, names ...string) func(ctx context.Context, o, old object.Object) field.ErrorList {
	status := field.NewPath("status")
	paths := make([]Path, len(names))
	for i, n := range names {
		paths[i] = Compile(row, "status."+n)
	}
	return func(_ context.Context, o, _ object.Object) (errs field.ErrorList) {
		for i, p := range paths {
			v := p.Get(o)
			if v.IsValid() && v.Kind() == reflect.Pointer {
				v = v.Elem()
			}
			if v.IsValid() && v.CanInt() && v.Int() < 0 {
				errs = append(errs, field.Invalid(status.Child(names[i]), v.Int(), "must be greater than or equal to 0"))
			}
		}
		return errs
	}
}

// NotDecremented refuses a collision count that decreases.
func NotDecremented(now, old *int32, path *field.Path) field.ErrorList {
	if old == nil || now != nil && *now >= *old {
		return nil
	}
	var n int32
	if now != nil {
		n = *now
	}
	return field.ErrorList{field.Invalid(path, n, "cannot be decremented")}
}

// AtMost is a pair of counts of which the first must not exceed the second. The error names the second.
func AtMost(name string, n, most int32, mostName string) CountPair {
	return CountPair{name, mostName, n, most}
}

// CountPair is a pair of counts; see AtMost.
type CountPair struct {
	name, mostName string
	n, most        int32
}

// WithinCounts refuses pairs whose first count exceeds the second.
func WithinCounts(path *field.Path, counts ...CountPair) (errs field.ErrorList) {
	for _, c := range counts {
		if c.n > c.most {
			errs = append(errs, field.Invalid(path.Child(c.name), c.n, "cannot be greater than "+c.mostName))
		}
	}
	return errs
}
