package kind

import (
	"k8s.io/apimachinery/pkg/fields"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Selectable reads the row's selectable fields at their paths. A kind whose field is not a path replaces the value in its own
// file.
func Selectable(row resources.Row) func(object.Object) fields.Set {
	if len(row.Fields) == 0 {
		return nil
	}
	paths := make([]Path, len(row.Fields))
	for i, f := range row.Fields {
		paths[i] = Compile(row, f)
	}
	return func(o object.Object) fields.Set {
		out := make(fields.Set, len(paths)+2)
		for i, p := range paths {
			out[row.Fields[i]] = ""
			if p != nil {
				out[row.Fields[i]] = Text(p.Get(o))
			}
		}
		return out
	}
}

// WithFields adds selectable fields that are not paths.
func WithFields[T object.Object](base func(object.Object) fields.Set, add func(o T, set fields.Set)) func(object.Object) fields.Set {
	return func(o object.Object) fields.Set {
		set := fields.Set{}
		if base != nil {
			set = base(o)
		}
		if t, ok := o.(T); ok {
			add(t, set)
		}
		return set
	}
}
