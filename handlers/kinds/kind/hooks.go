package kind

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Adapters from hooks on the type of a kind to hooks on object.Object. An object of another type is a fault of the caller and an
// error.

// WrongType is the error of a hook for an object of another type.
func WrongType(o object.Object) error { return fmt.Errorf("unexpected object type %T", o) }

// OnDefault adapts a function that fills defaults.
func OnDefault[T object.Object](f func(T)) func(object.Object) {
	return func(o object.Object) {
		if t, ok := o.(T); ok {
			f(t)
		}
	}
}

// OnCreate adapts a hook of creates.
func OnCreate[T object.Object](f func(context.Context, *resource.Attempt, T) error) func(context.Context, *resource.Attempt, object.Object) error {
	return func(ctx context.Context, a *resource.Attempt, o object.Object) error {
		t, ok := o.(T)
		if !ok {
			return WrongType(o)
		}
		return f(ctx, a, t)
	}
}

// OnUpdate adapts a hook of updates.
func OnUpdate[T object.Object](f func(ctx context.Context, a *resource.Attempt, o, old T) error) func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
	return func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		t, ok := o.(T)
		if !ok {
			return WrongType(o)
		}
		u, ok := old.(T)
		if !ok {
			return WrongType(old)
		}
		return f(ctx, a, t, u)
	}
}

// Check adapts a rule about one object.
func Check[T object.Object](f func(T) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return func(_ context.Context, o object.Object) field.ErrorList {
		t, ok := o.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, WrongType(o))}
		}
		return f(t)
	}
}

// CheckWith adapts rules about an object that tolerate what the old one has; old is nil for a create.
func CheckWith[T object.Object](f func(o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return func(_ context.Context, o, old object.Object) field.ErrorList {
		t, ok := o.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, WrongType(o))}
		}
		was, _ := old.(T)
		return f(t, was)
	}
}

// CheckUpdate adapts a rule about a change.
func CheckUpdate[T object.Object](f func(o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return func(_ context.Context, o, old object.Object) field.ErrorList {
		t, ok := o.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, WrongType(o))}
		}
		u, ok := old.(T)
		if !ok {
			return field.ErrorList{field.InternalError(nil, WrongType(old))}
		}
		return f(t, u)
	}
}

// ChangedBy adapts a rule for the generation.
func ChangedBy[T object.Object](f func(o, old T) bool) func(o, old object.Object) bool {
	return func(o, old object.Object) bool {
		t, ok := o.(T)
		if !ok {
			return false
		}
		u, ok := old.(T)
		return ok && f(t, u)
	}
}

// CheckAll runs checks in order and joins their faults.
func CheckAll(checks ...func(context.Context, object.Object) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return func(ctx context.Context, o object.Object) (errs field.ErrorList) {
		for _, c := range checks {
			errs = append(errs, c(ctx, o)...)
		}
		return errs
	}
}

// CheckAllUpdate is CheckAll for checks of changes.
func CheckAllUpdate(checks ...func(ctx context.Context, o, old object.Object) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return func(ctx context.Context, o, old object.Object) (errs field.ErrorList) {
		for _, c := range checks {
			errs = append(errs, c(ctx, o, old)...)
		}
		return errs
	}
}

// Warn adapts a function that returns warnings; old is nil for a create.
func Warn[T object.Object](f func(o, old T) []string) func(ctx context.Context, o, old object.Object) []string {
	return func(_ context.Context, o, old object.Object) []string {
		t, ok := o.(T)
		if !ok {
			return nil
		}
		was, _ := old.(T)
		return f(t, was)
	}
}

// SetIfNil sets a nil pointer to a copy of value.
func SetIfNil[T any](p **T, value T) {
	if *p == nil {
		*p = &value
	}
}

// SamePointed compares the values behind two pointers.
func SamePointed[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
