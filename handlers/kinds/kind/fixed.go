package kind

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Fixed is the strategy of kinds that have fields which never change. Plain fields are marked in the model instead; these are
// structures, which an error shows in another form, or fields of types that other kinds have too.
func Fixed(paths ...string) Strategy {
	return func(_ *Deps, row resources.Row, s *resource.Strategy) { s.ValidateUpdate = Fix(row, paths...) }
}

// Fix finds that one of the fields changed.
func Fix(row resources.Row, paths ...string) func(ctx context.Context, o, old object.Object) field.ErrorList {
	compiled := make([]Path, len(paths))
	for i, p := range paths {
		compiled[i] = Compile(row, p)
	}
	return func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		for i, p := range compiled {
			now, was := p.Get(o), p.Get(old)
			if now.IsValid() && was.IsValid() {
				errs = append(errs, Unchanged(now.Interface(), was.Interface(), PathOf(paths[i]))...)
			}
		}
		return errs
	}
}
