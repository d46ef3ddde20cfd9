package schema

import (
	"strconv"
)

// distinct says for sure that no list that is a set or a map has an item twice. False means that the library must be asked.
func distinct(x any, n *node) bool {
	if n == nil || !n.has(lists) {
		return true
	}
	switch x := x.(type) {
	case map[string]any:
		for k, v := range x {
			// A list of this schema is judged by the named property's schema and, if there is one, by that of all others.
			if p := n.prop(k); p != nil && !distinct(v, p) {
				return false
			}
			if n.addl != nil && !distinct(v, n.addl) {
				return false
			}
		}
	case []any:
		m := n.rare()
		switch m.listType {
		case "set":
			if len(x) > 1 && !distinctItems(x, scalarKey) {
				return false
			}
		case "map":
			if !distinctItems(x, func(v any) (string, bool) { return itemKey(v, m.keys) }) {
				return false
			}
		}
		for _, v := range x {
			if !distinct(v, n.items) {
				return false
			}
		}
	}
	return true
}

// few is how many items are compared with each other; more are put into a map.
const few = 8

func distinctItems(x []any, key func(any) (string, bool)) bool {
	var keys [few]string
	var seen map[string]struct{}
	if len(x) > few {
		seen = make(map[string]struct{}, len(x))
	}
	for i, v := range x {
		k, ok := key(v)
		if !ok {
			return false
		}
		if seen != nil {
			if _, found := seen[k]; found {
				return false
			}
			seen[k] = struct{}{}
			continue
		}
		for _, other := range keys[:i] {
			if other == k {
				return false
			}
		}
		keys[i] = k
	}
	return true
}

// scalarKey is a text that tells a scalar from others.
func scalarKey(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return "s" + v, true
	case int64:
		return "i" + strconv.FormatInt(v, 10), true
	case bool:
		return "b" + strconv.FormatBool(v), true
	}
	return "", false
}

// itemKey is a text that tells an item of a map from others.
func itemKey(v any, names []string) (string, bool) {
	item, ok := v.(map[string]any)
	if !ok {
		return "", false
	}
	if len(names) == 1 {
		return scalarKey(item[names[0]])
	}
	key := ""
	for _, name := range names {
		part, found := item[name]
		if !found {
			key += "-"
			continue
		}
		text, ok := scalarKey(part)
		if !ok {
			return "", false
		}
		key += strconv.Itoa(len(text)) + ":" + text
	}
	return key, true
}
