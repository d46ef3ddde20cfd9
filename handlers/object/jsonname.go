package object

import (
	"reflect"
	"strings"
)

// JSONName is how JSON calls a field; empty for one that is inlined.
func JSONName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// JSONFields are the indexes of the fields of a struct by their names in JSON, without what is inlined. It is made anew by every
// call.
func JSONFields(t reflect.Type) map[string]int {
	out := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if name := JSONName(t.Field(i)); name != "" {
			out[name] = i
		}
	}
	return out
}
