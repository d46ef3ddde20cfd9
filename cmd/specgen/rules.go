package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// goFormats are the formats that oapi-codegen turns into Go types; every other format is a field rule.
var goFormats = map[string]bool{"": true, "byte": true, "int32": true, "int64": true, "double": true, "float": true, "date-time": true, "int-or-string": true}

// addRules puts the model's field rules into an expanded document as validator tags. What has no rules in it or below it is
// tagged "-", so that the walk at run time costs only what there is to check. A kind's status gets no rules: a status is
// written through its own subresource, whose writers (controllers) are not checked field by field.
func addRules(m spec.Model, d *spec.Doc, document spec.M) {
	with := schemasWithRules(m)
	schemas := document["components"].(spec.M)["schemas"].(spec.M)
	for name, s := range d.Schemas {
		expanded, _ := schemas[name].(spec.M)["properties"].(spec.M)
		if expanded == nil {
			continue
		}
		required := s.Required()
		for p, out := range expanded {
			out := out.(spec.M)
			if f, _ := out["format"].(string); !goFormats[f] {
				delete(out, "format")
			}
			if items, ok := out["items"].(spec.M); ok {
				if f, _ := items["format"].(string); !goFormats[f] {
					delete(items, "format")
				}
			}
			if values, ok := out["additionalProperties"].(spec.M); ok {
				if f, _ := values["format"].(string); !goFormats[f] {
					delete(values, "format")
				}
			}
			if metadata(p, s) || p == "kind" && s.Keys["x-kind"] == true || p == "apiVersion" && s.Keys["x-kind"] == true {
				continue // embedded, see embedMeta
			}
			tag := "-"
			if !(p == "status" && s.Keys["x-kind"] == true) {
				tag = propertyTag(m, with, s.Props[p], d.File, required[p])
			}
			tags := map[string]string{"validate": escapeTag(tag)}
			if s.Props[p]["x-immutable"] == true {
				tags["update"] = "immutable"
			}
			addTags(out, tags)
		}
	}
}

// metadata says whether a property is the embedded object or list metadata.
func metadata(p string, s *spec.Schema) bool {
	n, _ := s.Props[p]["x-go-name"].(string)
	return p == "metadata" && (n == "ObjectMeta" || n == "ListMeta")
}

// escapeTag makes a tag fit between the quotes of a Go struct tag.
func escapeTag(tag string) string {
	quoted := strconv.Quote(tag)
	return quoted[1 : len(quoted)-1]
}

// schemasWithRules finds, to the fixed point, the schemas (file#name) with a rule in them or below them.
func schemasWithRules(m spec.Model) map[string]bool {
	with := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for file, d := range m {
			if file == "meta/v1" {
				continue
			}
			for name, s := range d.Schemas {
				if with[file+"#"+name] {
					continue
				}
				has := s.Keys["x-rules"] != nil
				for n, p := range s.Props {
					if metadata(n, s) || n == "status" && s.Keys["x-kind"] == true {
						continue
					}
					t := target(p, file)
					has = has || len(ownRules(p)) > 0 || len(elementRules(p)) > 0 || t != "" && with[t]
				}
				if has {
					with[file+"#"+name], changed = true, true
				}
			}
		}
	}
	return with
}

// propertyTag is the whole validator tag of a property: its own rules, then dive and the rules of its elements.
func propertyTag(m spec.Model, with map[string]bool, p spec.M, file string, published bool) string {
	own, inner := ownRules(p), elementRules(p)
	t := target(p, file)
	below := t != "" && with[t]
	var schemaRules []string
	if t != "" {
		f, name, _ := strings.Cut(t, "#")
		schemaRules = stringList(m[f].Schemas[name].Keys["x-rules"])
	}
	list := p["items"] != nil || p["additionalProperties"] != nil
	if list {
		inner = append(inner, schemaRules...)
	} else {
		own = append(own, schemaRules...)
	}
	if len(own) == 0 && len(inner) == 0 && !below {
		return "-"
	}
	var tag []string
	if optional(p, own, list, t, published) {
		tag = append(tag, "omitempty")
	}
	tag = append(tag, own...)
	if list && (len(inner) > 0 || below) {
		tag = append(tag, "dive")
		tag = append(tag, inner...)
	}
	if len(tag) > 0 && opaque(p, file) {
		tag = append(tag, "nostructlevel")
	}
	return strings.Join(tag, ",")
}

// optional says whether the rules hold only for a value that is there: a pointer, a list, or a plain value that the published
// API does not require and that has no default. A struct that is no pointer is always there.
func optional(p spec.M, own []string, list bool, target string, published bool) bool {
	for _, r := range own {
		if name, _, _ := strings.Cut(r, "="); name == "filled" || name == "present" {
			return false
		}
	}
	switch {
	case p["x-ptr"] == true:
		return true
	case len(own) == 0:
		return false
	case list:
		return !published
	case target != "" || p["$ref"] != nil:
		return false
	}
	_, defaulted := p["default"]
	return !published && !defaulted
}

// opaque says whether the value is a struct of apimachinery, which rules check as a whole.
func opaque(p spec.M, file string) bool {
	ref, ok := p["$ref"].(string)
	if !ok {
		return false
	}
	_, external := spec.External(spec.Ref(ref, file))
	return external
}

// ownRules are the tags for a property's own value.
func ownRules(p spec.M) []string {
	var rules []string
	if p["x-required"] == true {
		if p["x-ptr"] == true {
			rules = append(rules, "present")
		} else {
			rules = append(rules, "filled")
		}
	}
	rules = append(rules, valueRules(p)...)
	for _, keyword := range []struct{ key, tag string }{{"minItems", "minitems"}, {"maxItems", "maxitems"}, {"maxProperties", "maxitems"}} {
		if n, ok := p[keyword.key]; ok {
			rules = append(rules, fmt.Sprintf("%s=%v", keyword.tag, n))
		}
	}
	if key, ok := p["x-unique"]; ok {
		if key == true {
			key = "."
		}
		rules = append(rules, fmt.Sprintf("unique=%v", key))
	}
	keys, _ := p["x-keys"].(string)
	values, _ := p["x-values"].(string)
	if keys != "" || values != "" {
		rules = append(rules, strings.TrimRight("map="+keys+" "+values, " "))
	}
	return append(rules, stringList(p["x-rules"])...)
}

// elementRules are the tags for the items of an array or the values of a map.
func elementRules(p spec.M) []string {
	e := element(p)
	if e == nil {
		return nil
	}
	rules := append(valueRules(e), stringList(e["x-rules"])...)
	if values := stringList(p["x-items-enum"]); values != nil && p["x-open"] != true {
		rules = append(rules, enumTag(values))
	}
	return rules
}

// valueRules are the tags of the ordinary OpenAPI keywords for one value.
func valueRules(p spec.M) []string {
	var rules []string
	if values := stringList(p["enum"]); values != nil && p["x-open"] != true {
		rules = append(rules, enumTag(values))
	}
	lowest, hasLowest := p["minimum"]
	highest, hasHighest := p["maximum"]
	switch {
	case hasLowest && hasHighest:
		rules = append(rules, fmt.Sprintf("between=%v %v", lowest, highest))
	case hasLowest:
		rules = append(rules, fmt.Sprintf("atleast=%v", lowest))
	case hasHighest:
		rules = append(rules, fmt.Sprintf("atmost=%v", highest))
	}
	if n, ok := p["minLength"]; ok {
		rules = append(rules, fmt.Sprintf("minlength=%v", n))
	}
	if n, ok := p["maxLength"]; ok {
		rules = append(rules, fmt.Sprintf("maxlength=%v", n))
	}
	if re, ok := p["pattern"].(string); ok {
		rules = append(rules, "pattern="+strings.NewReplacer(",", "0x2C", "|", "0x7C").Replace(re))
	}
	if f, _ := p["format"].(string); !goFormats[f] {
		rules = append(rules, f)
	}
	if f, ok := p["x-format"].(string); ok {
		rules = append(rules, f)
	}
	return rules
}

// enumTag lists the values in the model's order, which is that of messages. Spaces are between values: one within a value
// is written ~, and an empty value as two apostrophes.
func enumTag(values []string) string {
	values = slices.Clone(values)
	for i, v := range values {
		values[i] = strings.ReplaceAll(v, " ", "~")
		if v == "" {
			values[i] = "''"
		}
	}
	return "enum=" + strings.Join(values, " ")
}

func stringList(v any) []string {
	l, _ := v.([]any)
	var out []string
	for _, x := range l {
		out = append(out, fmt.Sprint(x))
	}
	return out
}
