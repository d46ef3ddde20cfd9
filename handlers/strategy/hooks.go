package strategy

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// The hooks of a resource are written for its type; these adapt them to object.Object. An object of another type is a
// fault of the caller and becomes an error, never a panic.

func wrongType(o object.Object) error { return fmt.Errorf("unexpected object type %T", o) }

func onDefault[T object.Object](f func(T)) func(object.Object) {
	return func(o object.Object) {
		if t, ok := o.(T); ok {
			f(t)
		}
	}
}

func onCreate[T object.Object](f func(context.Context, *resource.Attempt, T) error) func(context.Context, *resource.Attempt, object.Object) error {
	return func(ctx context.Context, a *resource.Attempt, o object.Object) error {
		t, ok := o.(T)
		if !ok {
			return wrongType(o)
		}
		return f(ctx, a, t)
	}
}

func onUpdate[T object.Object](f func(ctx context.Context, a *resource.Attempt, o, old T) error) func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
	return func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		t, ok := o.(T)
		if !ok {
			return wrongType(o)
		}
		u, ok := old.(T)
		if !ok {
			return wrongType(old)
		}
		return f(ctx, a, t, u)
	}
}

func check[T object.Object](f func(T) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return func(_ context.Context, o object.Object) field.ErrorList {
		t, ok := o.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, wrongType(o))}
		}
		return f(t)
	}
}

func checkUpdate[T object.Object](f func(o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return func(_ context.Context, o, old object.Object) field.ErrorList {
		t, ok := o.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, wrongType(o))}
		}
		u, ok := old.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, wrongType(old))}
		}
		return f(t, u)
	}
}

// changedBy adapts a rule for the generation.
func changedBy[T object.Object](f func(o, old T) bool) func(o, old object.Object) bool {
	return func(o, old object.Object) bool {
		t, ok := o.(T)
		if !ok {
			return false
		}
		u, ok := old.(T)
		return ok && f(t, u)
	}
}
