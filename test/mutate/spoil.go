package mutate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// spoiled is an object with one change, and where.
type spoiled struct {
	what   string
	object map[string]any
}

// spoil makes every change, one at a time. The object itself stays as it is; changed objects share nothing with it.
func spoil(object map[string]any) (out []spoiled) {
	visit(object, nil, func(path []any, value any) {
		if len(path) == 0 || path[0] == "apiVersion" || path[0] == "kind" {
			return
		}
		add := func(what string, value any, keep bool) {
			changed := clone(object).(map[string]any)
			set(changed, path, value, keep)
			out = append(out, spoiled{at(path) + " " + what, changed})
		}
		if len(path) != 2 || path[0] != "metadata" {
			add("removed", nil, false)
		}
		for _, v := range replacements(value) {
			add(fmt.Sprintf("= %.60v", v), v, true)
		}
	})
	return out
}

// replacements are values of the same type that are seldom right.
func replacements(value any) []any {
	switch v := value.(type) {
	case string:
		return []any{"", "A b/", "1.2.3.4", strings.Repeat("x", 300), v + "-x"}
	case float64:
		return []any{0.0, -1.0, 1.0, 70000.0}
	case bool:
		return []any{!v}
	case map[string]any:
		return []any{map[string]any{}}
	case []any:
		if len(v) == 0 {
			return nil
		}
		return []any{[]any{}, append(slices.Clone(v), clone(v[0]))}
	}
	return nil
}

func visit(value any, path []any, f func(path []any, value any)) {
	f(path, value)
	switch v := value.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			visit(v[k], append(slices.Clone(path), k), f)
		}
	case []any:
		for i := range v {
			visit(v[i], append(slices.Clone(path), i), f)
		}
	}
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

// set replaces or removes what the path leads to; the path is one that visit found in an equal object.
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
