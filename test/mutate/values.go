package mutate

import (
	"math"
	"reflect"
	"strings"
)

// depthOfFilled bounds what is made up for a struct that the good object lacks.
const depthOfFilled = 4

// texts are strings of which every format refuses some.
var texts = []any{"", "a", "A b/", "1.2.3.4", "::1", "2001:DB8::1", "10.0.0.0/8", "example.com/a", "/a/../b", strings.Repeat("x", 64), strings.Repeat("x", 300)}

// special are values of types that are not what their Go kind says.
var special = map[string][]any{
	"resource.Quantity":    {"0", "-1", "1", "1500m", "1Gi", "0.5"},
	"v1.Time":              {"2026-01-02T03:04:05Z", "2036-01-02T03:04:05Z", nil},
	"v1.MicroTime":         {"2026-01-02T03:04:05.000000Z", "2036-01-02T03:04:05.000000Z", nil},
	"v1.Duration":          {"0s", "1s", "-1s", "24h"},
	"intstr.IntOrString":   {0.0, 1.0, -1.0, 70000.0, "", "A b/", "a", "0%", "50%", "150%", "5"},
	"json.RawMessage":      {map[string]any{}, map[string]any{"a": 1.0}, "a", []any{}},
	"runtime.RawExtension": {map[string]any{}, map[string]any{"a": 1.0}, map[string]any{"kind": "K", "apiVersion": "v1"}},
	"v1.FieldsV1":          {},
}

// scalars are the values to try for a type without parts, beside the present one, if there is one; nil for other types.
func scalars(t reflect.Type, name string, now any) (out []any) {
	if l, ok := special[t.String()]; ok {
		return l
	}
	switch t.Kind() {
	case reflect.String:
		for _, v := range namedValues()[name] {
			out = append(out, v)
		}
		out = append(out, texts...)
		if s, ok := now.(string); ok && s != "" {
			out = append(out, s+"-x", strings.ToUpper(s))
		}
	case reflect.Bool:
		out = []any{true, false}
	case reflect.Int32, reflect.Int64, reflect.Int:
		out = []any{0.0, -1.0, 1.0, 2.0, 70000.0, float64(math.MaxInt32)}
		if t.Kind() == reflect.Int64 {
			out = append(out, float64(1<<40))
		}
		if n, ok := now.(float64); ok {
			out = append(out, n+1)
		}
	case reflect.Float64:
		out = []any{0.0, -1.0, 0.5}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			out = []any{"", "YQ==", "AAEC"}
		}
	}
	return out
}

// filled is JSON for a value of a type in which everything is set, down to a depth: one item in each list and map.
func filled(t reflect.Type, name string, depth int) any {
	t = pointed(t)
	if l := scalars(t, name, nil); len(l) > 0 {
		for _, v := range l {
			if v != "" && v != 0.0 && v != nil {
				return v
			}
		}
	}
	if depth == 0 {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice:
		if x := filled(t.Elem(), name, depth); x != nil {
			return []any{x}
		}
		return []any{}
	case reflect.Map:
		if x := filled(t.Elem(), name, depth); x != nil {
			return map[string]any{"a": x}
		}
	case reflect.Struct:
		out := map[string]any{}
		for _, f := range fieldsOf(t) {
			if x := filled(f.typ, f.name, depth-1); x != nil {
				out[f.name] = x
			}
		}
		return out
	}
	return nil
}

func pointed(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// typedField is a property of a struct as JSON has it.
type typedField struct {
	name string
	typ  reflect.Type
}

func fieldsOf(t reflect.Type) (out []typedField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			out = append(out, fieldsOf(pointed(f.Type))...)
		case name != "":
			out = append(out, typedField{name, f.Type})
		}
	}
	return out
}
