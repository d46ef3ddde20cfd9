package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// extraFault says why a key with values may not be impersonated in a constrained mode; nothing when it may.
func extraFault(key string, values []string) string {
	switch {
	case key == "":
		return "impersonating the empty string key in extra is not allowed"
	case key != strings.ToLower(key):
		return fmt.Sprintf("impersonating a non-lowercase key in extra is not allowed: %q", key)
	case len(values) == 0:
		return "impersonating empty values in extra is not allowed"
	case slices.Contains(values, ""):
		return "impersonating the empty string value in extra is not allowed"
	}
	if err := validation.IsDomainPrefixedPath(field.NewPath("extra", "key"), key).ToAggregate(); err != nil {
		return fmt.Sprintf("impersonating an invalid key in extra is not allowed: %v", err)
	}
	return ""
}

func sortedKeys(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }
