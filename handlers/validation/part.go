package validation

import "k8s.io/apimachinery/pkg/util/validation/field"

// Part checks the field rules of a part of an object, a pointer to a generated struct that lies at path. It is for parts that a
// write to a subresource brings, where the rules of the whole object are not asked.
func Part(part any, path *field.Path) field.ErrorList {
	errs := fields(part)
	for _, e := range errs {
		e.Field = path.String() + "." + e.Field
	}
	return errs
}
