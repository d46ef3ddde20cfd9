package strategy

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rulesOf are the rules for the parts of kinds that have other hooks elsewhere, or none.
var rulesOf = map[key]entry{
	{"node.k8s.io", "runtimeclasses", ""}:       also(check(runtimeClassParts)),
	{"storage.k8s.io", "volumeattachments", ""}: also(check(attachmentParts)),
	{"storage.k8s.io", "storageclasses", ""}:    also(check(storageClassParts)),
	{"storage.k8s.io", "csidrivers", ""}:        also(check(driverParts)),
}

// also runs a rule after those that the kind has.
func also(rule func(context.Context, object.Object) field.ErrorList) entry {
	return func(_ *Deps, _ resources.Row, s *resource.Strategy) {
		first := s.Validate
		s.Validate = func(ctx context.Context, o object.Object) field.ErrorList {
			var errs field.ErrorList
			if first != nil {
				errs = first(ctx, o)
			}
			return append(errs, rule(ctx, o)...)
		}
	}
}

// changesFirst is for kinds of which the original looks at changes before it looks at the rest.
func changesFirst(_ *Deps, _ resources.Row, s *resource.Strategy) { s.ChangesFirst = true }

// firstly runs a rule before those that the kind has.
func firstly(rule func(context.Context, object.Object) field.ErrorList) entry {
	return func(_ *Deps, _ resources.Row, s *resource.Strategy) {
		next := s.Validate
		s.Validate = func(ctx context.Context, o object.Object) field.ErrorList {
			errs := rule(ctx, o)
			if next != nil {
				errs = append(errs, next(ctx, o)...)
			}
			return errs
		}
	}
}
