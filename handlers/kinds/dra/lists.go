package dra

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// limited validates the items of a list, unless it is too long. A negative limit means none.
func limited[T any](list []T, most int, path *field.Path, item func(*T, *field.Path) field.ErrorList) (errs field.ErrorList) {
	if most >= 0 && len(list) > most {
		return field.ErrorList{field.TooMany(path, len(list), most)}
	}
	for i := range list {
		errs = append(errs, item(&list[i], path.Index(i))...)
	}
	return errs
}

// limitedSet is limited for a list whose items have unique keys.
func limitedSet[T any, K comparable](list []T, most int, path *field.Path, item func(*T, *field.Path) field.ErrorList, key func(*T) K) field.ErrorList {
	if most >= 0 && len(list) > most {
		return field.ErrorList{field.TooMany(path, len(list), most)}
	}
	errs := limited(list, most, path, item)
	seen := make(map[K]bool, len(list))
	for i := range list {
		k := key(&list[i])
		if seen[k] {
			errs = append(errs, field.Duplicate(path.Index(i), k))
		}
		seen[k] = true
	}
	return errs
}

// limitedMap validates keys and values of a map. Faults of keys are reported at the map. Keys longer than longest are cut in the
// paths of values.
func limitedMap[T any](m map[string]T, most, longest int, path *field.Path, key func(string, *field.Path) field.ErrorList, value func(*T, *field.Path) field.ErrorList) (errs field.ErrorList) {
	if most >= 0 && len(m) > most {
		return field.ErrorList{field.TooMany(path, len(m), most)}
	}
	for _, k := range kind.SortedKeys(m) {
		errs = append(errs, key(k, path)...)
		if v := m[k]; value != nil {
			errs = append(errs, value(&v, path.Key(shortened(k, longest)))...)
		}
	}
	return errs
}

// shortened leaves out the middle of a long text.
func shortened(s string, longest int) string {
	const dots = "..."
	if longest = max(longest, 16); len(s) <= longest {
		return s
	}
	rest := longest - len(dots)
	return s[:(rest+1)/2] + dots + s[len(s)-rest/2:]
}

// itself is the key of a text in a set.
func itself(s *string) string { return *s }
