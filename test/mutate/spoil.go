package mutate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// spoiled is an object with one change, and where.
type spoiled struct {
	what   string
	path   []any
	object map[string]any
}

// spoiler goes through an object and its type together.
type spoiler struct {
	object map[string]any
	// below says where changes are made.
	below func(path []any) bool
	out   []spoiled
}

// spoil makes every change, one at a time. The object itself stays as it is; changed objects share nothing with it.
func spoil(object map[string]any, t reflect.Type, below func(path []any) bool) []spoiled {
	s := &spoiler{object: object, below: below}
	s.fields(nil, object, pointed(t))
	return s.out
}

// everywhere but in what says which object it is.
func everywhere(path []any) bool {
	first := path[0]
	if first == "metadata" && len(path) > 1 {
		return slices.Contains([]any{"name", "generateName", "labels", "annotations", "finalizers", "ownerReferences"}, path[1])
	}
	return first != "apiVersion" && first != "kind" && (first != "metadata" || len(path) > 1)
}

// absent stands for a place where the object has nothing.
type absent struct{}

// try makes a change.
func (s *spoiler) try(path []any, what string, value any, keep bool) {
	if !s.below(path) {
		return
	}
	changed := clone(s.object).(map[string]any)
	set(changed, path, clone(value), keep)
	s.out = append(s.out, spoiled{at(path) + " " + what, slices.Clone(path), changed})
}

func (s *spoiler) values(path []any, list []any, now any) {
	for _, v := range list {
		if !reflect.DeepEqual(v, now) {
			s.try(path, fmt.Sprintf("= %.60v", v), v, true)
		}
	}
}

// place tries everything at one place and below it.
func (s *spoiler) place(path []any, value any, t reflect.Type) {
	t = pointed(t)
	if len(path) > 0 && !strings.HasPrefix(at(path), ".metadata.name") && value != (absent{}) {
		s.try(path, "removed", nil, false)
	}
	name := nameOf(path)
	if len(path) > 0 && path[0] == "metadata" {
		name = ""
	}
	if l := scalars(t, name, value); l != nil {
		s.values(path, l, value)
		return
	}
	switch t.Kind() {
	case reflect.Slice:
		s.list(path, value, t)
	case reflect.Map:
		s.mapping(path, value, t)
	case reflect.Struct:
		if _, missing := value.(absent); missing {
			s.missing(path, t)
			return
		}
		s.values(path, []any{map[string]any{}}, value)
		if in, ok := value.(map[string]any); ok {
			s.fields(path, in, t)
		}
	}
}

func (s *spoiler) fields(path []any, in map[string]any, t reflect.Type) {
	for _, f := range fieldsOf(t) {
		value, ok := in[f.name]
		if !ok {
			value = absent{}
		}
		s.place(append(slices.Clone(path), f.name), value, f.typ)
	}
}

// missing structs: empty, with everything, and with one field alone, as unions have them.
func (s *spoiler) missing(path []any, t reflect.Type) {
	all := filled(t, nameOf(path), depthOfFilled)
	s.try(path, "empty", map[string]any{}, true)
	s.try(path, "filled", all, true)
	in, ok := all.(map[string]any)
	if !ok || len(in) < 2 {
		return
	}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		s.try(path, "with only "+k, map[string]any{k: in[k]}, true)
	}
}

func (s *spoiler) list(path []any, value any, t reflect.Type) {
	one := filled(t.Elem(), nameOf(path), depthOfFilled)
	now, _ := value.([]any)
	if one != nil {
		s.try(path, "with one more", append(slices.Clone(now), one), true)
	}
	if len(now) == 0 {
		s.try(path, "empty", []any{}, true)
		if one != nil {
			s.try(path, "with two", []any{one, one}, true)
		}
		if l := scalars(pointed(t.Elem()), nameOf(path), nil); l != nil {
			for _, v := range l {
				s.try(path, fmt.Sprintf("of %.60v", v), []any{v}, true)
			}
		} else if pointed(t.Elem()).Kind() == reflect.Struct {
			s.try(path, "with an empty one", []any{map[string]any{}}, true)
		}
		return
	}
	s.try(path, "empty", []any{}, true)
	s.try(path, "with the first twice", append(slices.Clone(now), now[0]), true)
	for i, v := range now {
		s.place(append(slices.Clone(path), i), v, t.Elem())
	}
}

func (s *spoiler) mapping(path []any, value any, t reflect.Type) {
	now, _ := value.(map[string]any)
	s.try(path, "empty", map[string]any{}, true)
	one := filled(t.Elem(), nameOf(path), depthOfFilled)
	for _, k := range []string{"", "a", "A b/", "a.b/c", "cpu", "kubernetes.io/a", strings.Repeat("x", 300)} {
		if one != nil && now[k] == nil {
			in := maps.Clone(now)
			if in == nil {
				in = map[string]any{}
			}
			in[k] = one
			s.try(path, fmt.Sprintf("with key %.40q", k), in, true)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(now)) {
		s.place(append(slices.Clone(path), k), now[k], t.Elem())
	}
}

// nameOf is the name of the property that a path ends in.
func nameOf(path []any) string {
	for _, p := range slices.Backward(path) {
		if s, ok := p.(string); ok {
			return s
		}
	}
	return ""
}

func at(path []any) string {
	var b strings.Builder
	for _, p := range path {
		if i, ok := p.(int); ok {
			fmt.Fprintf(&b, "[%d]", i)
		} else {
			fmt.Fprintf(&b, ".%v", p)
		}
	}
	return b.String()
}

// set replaces or removes what the path leads to; the way there exists.
func set(object map[string]any, path []any, value any, keep bool) {
	var parent any = object
	for _, p := range path[:len(path)-1] {
		parent = child(parent, p)
	}
	switch in := parent.(type) {
	case map[string]any:
		if k, _ := path[len(path)-1].(string); keep {
			in[k] = value
		} else {
			delete(in, k)
		}
	case []any:
		// A list keeps its length: an item that is removed becomes an empty one.
		if i, ok := path[len(path)-1].(int); ok && keep {
			in[i] = value
		} else if ok {
			in[i] = empty(in[i])
		}
	}
}

func empty(v any) any {
	switch v.(type) {
	case map[string]any:
		return map[string]any{}
	case []any:
		return []any{}
	case string:
		return ""
	}
	return 0.0
}

func child(parent, step any) any {
	switch in := parent.(type) {
	case map[string]any:
		k, _ := step.(string)
		return in[k]
	case []any:
		if i, ok := step.(int); ok && i < len(in) {
			return in[i]
		}
	}
	return nil
}

func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = clone(v[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clone(v[i])
		}
		return out
	}
	return value
}
