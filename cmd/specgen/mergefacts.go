package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// mergeFacts are what the tables say of how server-side apply merges a property: a constant of package schema, and for keyed
// lists the keys as Go source.
type mergeFacts struct{ kind, keys string }

// mergeOf reads the published extensions of a property. Where a list says nothing, its strategic merge strategy decides, as it
// does upstream: a list that merges by a key is Keyed, one that merges without a key a Set.
func mergeOf(m spec.Model, file string, p spec.M) (mergeFacts, error) {
	switch p["x-kubernetes-map-type"] {
	case "atomic":
		return mergeFacts{kind: "Atomic"}, nil
	case "granular":
		return mergeFacts{kind: "Granular"}, nil
	}
	switch p["x-kubernetes-list-type"] {
	case "atomic":
		return mergeFacts{kind: "Atomic"}, nil
	case "set":
		return mergeFacts{kind: "Set"}, nil
	case "map":
		names, ok := p["x-kubernetes-list-map-keys"].([]any)
		if !ok {
			return mergeFacts{}, fmt.Errorf("x-kubernetes-list-map-keys is missing")
		}
		return keyed(m, file, p, names)
	}
	strategy, _ := p["x-kubernetes-patch-strategy"].(string)
	if p["items"] == nil || !strings.HasPrefix(strategy, "merge") {
		return mergeFacts{}, nil
	}
	if key := p["x-kubernetes-patch-merge-key"]; key != nil {
		return keyed(m, file, p, []any{key})
	}
	return mergeFacts{kind: "Set"}, nil
}

func keyed(m spec.Model, file string, p spec.M, names []any) (mergeFacts, error) {
	items, _ := p["items"].(spec.M)
	ref, ok := items["$ref"].(string)
	if !ok {
		return mergeFacts{}, fmt.Errorf("the items of a keyed list are no objects")
	}
	target, name := spec.Ref(ref, file)
	s := m[target].Schemas[name]
	names = slices.SortedFunc(slices.Values(names), func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	keys := make([]string, len(names))
	for i, n := range names {
		key, _ := n.(string)
		property := s.Props[key]
		if property == nil {
			return mergeFacts{}, fmt.Errorf("the items have no key %v", n)
		}
		keys[i] = fmt.Sprintf("{Name: %q%s}", key, keyDefault(property, s.Required()[key]))
	}
	return mergeFacts{kind: "Keyed", keys: strings.Join(keys, ", ")}, nil
}

// keyDefault is the published default of a key: its own, or the zero value of a field that is always written.
func keyDefault(property spec.M, required bool) string {
	value, ok := property["default"]
	if !ok {
		if omit, is := property["x-omitempty"].(bool); is {
			required = !omit
		}
		if property["x-ptr"] == true || !required {
			return ""
		}
		value = zeroValues[property["type"]]
	}
	switch v := value.(type) {
	case string:
		return fmt.Sprintf(", Default: %q", v)
	case int:
		return fmt.Sprintf(", Default: int64(%d)", v)
	case bool:
		return fmt.Sprintf(", Default: %t", v)
	}
	return ""
}

// keyList is the number of a list of keys.
func (t *tables) keyList(source string) int {
	if n, ok := t.keys[source]; ok {
		return n
	}
	n := len(t.keys) + 1
	t.keys[source] = n
	fmt.Fprintf(&t.keySource, "\t{%s},\n", source)
	return n
}
