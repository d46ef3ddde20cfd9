package kind

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/structural"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// InVersion converts objects of any version of a kind to the version that its rules are written for.
type InVersion[T object.Object] struct {
	row     resources.Row
	convert func() (resource.Converter, error)
}

// Version makes an InVersion for a row. The converter is made when it is first needed.
func Version[T object.Object](row resources.Row, version string, moved structural.Special) InVersion[T] {
	from := schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
	to := from
	to.Version = version
	return InVersion[T]{row, sync.OnceValues(func() (resource.Converter, error) { return structural.Converter(from, to, moved) })}
}

// Of is the object in that version: itself, or a converted copy.
func (v InVersion[T]) Of(o object.Object) (T, error) {
	if t, ok := o.(T); ok {
		return t, nil
	}
	var none T
	convert, err := v.convert()
	if err != nil {
		return none, err
	}
	out, err := convert(o)
	if err != nil {
		return none, fmt.Errorf("rules of %s: %w", v.row.Resource, err)
	}
	t, ok := out.(T)
	if !ok {
		return none, WrongType(out)
	}
	return t, nil
}

// Check adapts a rule about one object.
func (v InVersion[T]) Check(f func(T) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return v.CheckIn(func(_ context.Context, t T) field.ErrorList { return f(t) })
}

// CheckIn is Check for a rule that takes a context.
func (v InVersion[T]) CheckIn(f func(context.Context, T) field.ErrorList) func(context.Context, object.Object) field.ErrorList {
	return func(ctx context.Context, o object.Object) field.ErrorList {
		t, err := v.Of(o)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		return f(ctx, t)
	}
}

// CheckUpdate adapts a rule about a change.
func (v InVersion[T]) CheckUpdate(f func(o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return v.CheckUpdateIn(func(_ context.Context, o, old T) field.ErrorList { return f(o, old) })
}

// CheckUpdateIn is CheckUpdate for a rule that takes a context.
func (v InVersion[T]) CheckUpdateIn(f func(ctx context.Context, o, old T) field.ErrorList) func(ctx context.Context, o, old object.Object) field.ErrorList {
	return func(ctx context.Context, o, old object.Object) field.ErrorList {
		t, err := v.Of(o)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		was, err := v.Of(old)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		return f(ctx, t, was)
	}
}
