package schema

import (
	"fmt"
	"math/rand"
	"slices"
)

// random makes schemas and values.
type random struct {
	*rand.Rand
	// rules puts rules in CEL into schemas.
	rules bool
}

func (r *random) one(of ...any) any { return of[r.Intn(len(of))] }

func (r *random) chance(percent int) bool { return r.Intn(100) < percent }

var propNames = []string{"a", "b", "c", "d", "name", "spec", "metadata", "kind", "items"}

// schema is a schema that is structural, more or less: the libraries take it.
func (r *random) schema(depth int, root bool) map[string]any {
	s := map[string]any{}
	kind := r.one("object", "object", "array", "string", "integer", "number", "boolean", "any", "intOrString").(string)
	if root || depth > 3 && r.chance(50) {
		kind = "object"
	}
	if depth <= 0 && (kind == "object" || kind == "array") {
		kind = "string"
	}
	switch kind {
	case "any":
		s["x-kubernetes-preserve-unknown-fields"] = true
	case "intOrString":
		s["x-kubernetes-int-or-string"] = true
	default:
		s["type"] = kind
	}
	switch kind {
	case "object":
		r.object(s, depth, root)
	case "array":
		r.array(s, depth)
	}
	r.bounds(s)
	if r.chance(15) {
		s["nullable"] = true
	}
	if !root && r.chance(20) {
		s["default"] = r.value(s, 2)
	}
	if r.chance(8) {
		s["enum"] = []any{r.value(map[string]any{"type": s["type"]}, 1), r.value(map[string]any{"type": s["type"]}, 1), r.one("a", int64(1), 2.5, nil)}
	}
	if depth > 0 && r.chance(15) {
		key := r.one("allOf", "anyOf", "oneOf", "not").(string)
		sub := func() map[string]any {
			m := map[string]any{}
			r.bounds(m)
			if r.chance(50) {
				m["required"] = []any{r.one("a", "b", "c")}
			}
			if r.chance(30) {
				m["properties"] = map[string]any{r.one("a", "b").(string): map[string]any{"enum": []any{"a", "b", int64(1)}}}
			}
			if r.chance(20) {
				m["type"] = r.one("string", "integer", "object", "array")
			}
			return m
		}
		if key == "not" {
			s[key] = sub()
		} else {
			s[key] = []any{sub(), sub(), sub()}[:1+r.Intn(3)]
		}
	}
	if r.rules {
		r.rule(s)
	}
	return s
}

func (r *random) object(s map[string]any, depth int, root bool) {
	if r.chance(20) {
		s["x-kubernetes-preserve-unknown-fields"] = true
	}
	if !root && r.chance(12) {
		s["x-kubernetes-embedded-resource"] = true
	}
	if r.chance(15) {
		s["x-kubernetes-map-type"] = r.one("atomic", "granular")
	}
	if !root && r.chance(25) {
		s["additionalProperties"] = r.one(true, r.schema(depth-1, false), r.schema(depth-1, false))
		return
	}
	props := map[string]any{}
	for range 1 + r.Intn(4) {
		name := r.one("a", "b", "c", "d", "name", "spec", "items").(string)
		props[name] = r.schema(depth-1, false)
	}
	if root {
		props["status"] = r.schema(depth-1, false)
	}
	s["properties"] = props
	if r.chance(40) {
		s["required"] = []any{r.one("a", "b", "name")}
	}
}

func (r *random) array(s map[string]any, depth int) {
	item := r.schema(depth-1, false)
	switch r.Intn(4) {
	case 0:
		s["x-kubernetes-list-type"] = "set"
		item = map[string]any{"type": r.one("string", "integer", "boolean", "number")}
	case 1:
		s["x-kubernetes-list-type"] = "map"
		keys := []any{"name", "b"}[:1+r.Intn(2)]
		s["x-kubernetes-list-map-keys"] = keys
		item = map[string]any{"type": "object", "required": keys, "properties": map[string]any{
			"name": map[string]any{"type": "string"}, "b": map[string]any{"type": "integer", "default": int64(1)}, "c": r.schema(depth-1, false)}}
	case 2:
		s["x-kubernetes-list-type"] = "atomic"
	}
	if r.chance(5) {
		s["x-kubernetes-preserve-unknown-fields"] = true
	}
	s["items"] = item
}

// bounds adds what restricts values.
func (r *random) bounds(s map[string]any) {
	add := func(percent int, key string, v any) {
		if r.chance(percent) {
			s[key] = v
		}
	}
	add(6, "minLength", int64(r.Intn(3)))
	add(6, "maxLength", int64(1+r.Intn(4)))
	add(6, "pattern", r.one("^[a-c]+$", "b", "^x?$"))
	add(8, "minimum", r.one(int64(0), int64(1), 0.5, -1.5, int64(1)<<40))
	add(8, "maximum", r.one(int64(3), int64(1), 2.5, int64(1)<<60))
	add(4, "exclusiveMinimum", true)
	add(4, "exclusiveMaximum", true)
	add(3, "multipleOf", r.one(int64(2), 0.5))
	add(6, "minItems", int64(1))
	add(6, "maxItems", int64(1+r.Intn(2)))
	add(2, "uniqueItems", true)
	add(6, "minProperties", int64(1))
	add(6, "maxProperties", int64(1+r.Intn(3)))
	add(10, "format", r.one("int32", "int64", "float", "double", "date-time", "byte", "uuid", "email", "date", "duration", "k8s-short-name", "made-up", "ipv4"))
}

// rule adds a rule that fits.
func (r *random) rule(s map[string]any) {
	if !r.chance(30) {
		return
	}
	rule := func(text string) map[string]any { return map[string]any{"rule": text} }
	var list []any
	switch {
	case s["x-kubernetes-int-or-string"] == true:
		list = append(list, rule("type(self) == int ? self < 5 : self != 'a'"))
	case s["type"] == "string":
		list = append(list, r.one(rule("self.size() < 3"), rule("self == oldSelf"), rule("!self.startsWith('b')"),
			map[string]any{"rule": "self != 'a'", "messageExpression": "'is ' + self", "reason": "FieldValueForbidden"},
			map[string]any{"rule": "!oldSelf.hasValue() || oldSelf.value() == self", "optionalOldSelf": true, "message": "fixed"}))
	case s["type"] == "integer":
		list = append(list, r.one(rule("self < 3"), rule("self >= oldSelf"), rule("5 / self > 1")))
	case s["type"] == "array":
		list = append(list, r.one(rule("self.size() < 3"), rule("self.size() >= oldSelf.size()"), rule("self.all(x, x == x)")))
	case s["type"] == "object":
		if props, ok := s["properties"].(map[string]any); ok {
			names := make([]string, 0, len(props))
			for name := range props {
				names = append(names, name)
			}
			slices.Sort(names)
			name := names[r.Intn(len(names))]
			list = append(list, map[string]any{"rule": fmt.Sprintf("has(self.%s)", name), "fieldPath": "." + name, "reason": "FieldValueRequired"})
		} else {
			list = append(list, rule("self.size() < 2"))
		}
	}
	if len(list) > 0 {
		s["x-kubernetes-validations"] = list
	}
}

// value is one that fits a schema, mostly.
func (r *random) value(s map[string]any, depth int) any {
	if r.chance(4) {
		return r.one(nil, "a", int64(1), 2.5, 2.0, true, []any{"a"}, map[string]any{"z": int64(1)}, "2020-01-01T00:00:00Z", "")
	}
	if enum, ok := s["enum"].([]any); ok && r.chance(80) {
		return r.one(enum...)
	}
	kind, _ := s["type"].(string)
	if s["x-kubernetes-int-or-string"] == true {
		kind = r.one("integer", "string").(string)
	}
	if kind == "" {
		kind = r.one("object", "string", "integer").(string)
	}
	switch kind {
	case "string":
		return r.one("a", "b", "ab", "abc", "abcde", "", "x", "é", "2020-01-01T00:00:00Z", "1s", "a@b.c", "YWJj")
	case "integer":
		return r.one(int64(0), int64(1), int64(2), int64(3), int64(-1), int64(1)<<33, int64(4))
	case "number":
		return r.one(int64(0), int64(2), 0.5, 1.5, 2.5, -3.25, 1e300)
	case "boolean":
		return r.one(true, false)
	case "array":
		out := []any{}
		items, _ := s["items"].(map[string]any)
		if items == nil {
			items = map[string]any{"type": "string"}
		}
		for range r.Intn(4) {
			out = append(out, r.value(items, depth-1))
		}
		return out
	}
	return r.fields(s, depth)
}

func (r *random) fields(s map[string]any, depth int) map[string]any {
	out := map[string]any{}
	props, _ := s["properties"].(map[string]any)
	for name, sub := range props {
		if r.chance(65) {
			out[name] = r.value(sub.(map[string]any), depth-1)
		}
	}
	if addl, ok := s["additionalProperties"]; ok {
		sub, _ := addl.(map[string]any)
		if sub == nil {
			sub = map[string]any{}
		}
		for range r.Intn(3) {
			out[r.one("k", "l", "a", "*").(string)] = r.value(sub, depth-1)
		}
	}
	if r.chance(15) {
		out[r.one("u", "v").(string)] = r.one(int64(1), map[string]any{"w": "x"}, []any{map[string]any{"w": "x"}}, nil)
	}
	if s["x-kubernetes-embedded-resource"] == true || r.chance(3) {
		out["apiVersion"] = r.one("v1", "v1", "apps/v1", int64(1), "a/b/c")
		out["kind"] = r.one("Pod", "Pod", "", "?")
		out["metadata"] = r.meta()
	}
	return out
}

func (r *random) meta() any {
	return r.one(map[string]any{"name": "x"}, map[string]any{"name": "x", "labels": map[string]any{"a": "b"}, "creationTimestamp": nil}, map[string]any{"namespace": "", "what": int64(1)},
		map[string]any{"labels": map[string]any{}, "annotations": map[string]any{"a": "b"}}, map[string]any{"name": int64(1)}, map[string]any{"finalizers": []any{"a/b"}, "generation": int64(2)},
		map[string]any{"creationTimestamp": "2020-01-01T00:00:00Z", "uid": "u", "ownerReferences": []any{map[string]any{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "q", "controller": true}}},
		map[string]any{"managedFields": []any{map[string]any{"manager": "m", "operation": "Apply", "apiVersion": "v1", "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:a": map[string]any{}}}}})
}

// resource is an object of a schema.
func (r *random) resource(s map[string]any) map[string]any {
	out := r.fields(s, 4)
	out["apiVersion"], out["kind"], out["metadata"] = gadget.GroupVersion().String(), gadget.Kind, r.meta()
	return out
}

// changed is a value with some of it otherwise.
func (r *random) changed(v any, s map[string]any, depth int) any {
	if r.chance(8) {
		return r.value(s, depth)
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		props, _ := s["properties"].(map[string]any)
		for k, x := range v {
			sub, _ := props[k].(map[string]any)
			if sub == nil {
				sub, _ = s["additionalProperties"].(map[string]any)
			}
			if depth == 4 && isMeta(k) || sub == nil {
				out[k] = x
			} else if !r.chance(5) {
				out[k] = r.changed(x, sub, depth-1)
			}
		}
		return out
	case []any:
		items, _ := s["items"].(map[string]any)
		out := []any{}
		for _, x := range v {
			if !r.chance(8) {
				out = append(out, r.changed(x, items, depth-1))
			}
		}
		if r.chance(20) {
			r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		}
		return out
	}
	return v
}
