package docs

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
)

// describer puts words into documents: those of the linked API module's SwaggerDoc() methods, and ours where it has none.
type describer struct {
	types func(model string) any
}

// revision changes with everything that descriptions come from.
func (d describer) revision() string {
	h := sha256.New()
	fmt.Fprint(h, GitVersion, Commit, modelWords, parameterWords, actionWords)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "k8s.io/api" || m.Path == "k8s.io/apimachinery" {
				fmt.Fprint(h, m.Path, m.Version)
			}
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// document describes schemas, properties, operations and parameters in place. What has a description keeps it.
func (d describer) document(doc object) {
	for model, s := range child(child(doc, "components"), "schemas") {
		if schema, ok := s.(object); ok {
			d.schema(model, schema)
		}
	}
	for path, item := range child(doc, "paths") {
		for key, value := range item.(object) {
			switch value := value.(type) {
			case []any:
				describeParameters(value)
			case object:
				describeOperation(path, key, value)
			}
		}
	}
	if scheme := child(child(child(doc, "components"), "securitySchemes"), "BearerToken"); scheme != nil {
		put(scheme, bearerWords)
	}
}

func put(o object, words string) {
	if words != "" && o["description"] == nil {
		o["description"] = words
	}
}

func (d describer) schema(model string, schema object) {
	texts := d.texts(model)
	put(schema, texts[""])
	_, isKind := schema[gvkExtension]
	for name, p := range child(schema, "properties") {
		property, ok := p.(object)
		sortEnum(property)
		words := texts[name]
		if words == "" && isKind {
			words = kindWords[name]
		}
		if !ok || words == "" {
			continue
		}
		if ref, ok := property["$ref"]; ok { // OpenAPI 3.0 ignores what stands beside a reference
			delete(property, "$ref")
			property["allOf"] = []any{object{"$ref": ref}}
		}
		put(property, words)
	}
}

// sortEnum puts the values of a property in the order in which clients are used to see them; the model has them in the
// order of their meaning.
func sortEnum(property object) {
	if list, ok := property["enum"].([]any); ok {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
}

// texts are the descriptions of a type, under "", and of its fields.
func (d describer) texts(model string) map[string]string {
	out := map[string]string{}
	if d.types != nil {
		if zero := d.types(model); zero != nil {
			collect(reflect.TypeOf(zero), out)
		}
	}
	for name, words := range modelWords[model] {
		if out[name] == "" {
			out[name] = words
		}
	}
	return out
}

// collect adds the texts of t and of the structs that it inlines, whose fields are its own in JSON. The outer text wins.
func collect(t reflect.Type, out map[string]string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if documented, ok := reflect.Zero(t).Interface().(interface{ SwaggerDoc() map[string]string }); ok {
		for name, words := range documented.SwaggerDoc() {
			if _, taken := out[name]; !taken {
				out[name] = words
			}
		}
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, options, _ := strings.Cut(f.Tag.Get("json"), ","); f.Anonymous && name == "" && strings.Contains(options, "inline") {
			inner := map[string]string{}
			collect(f.Type, inner)
			delete(inner, "")
			for name, words := range inner {
				if _, taken := out[name]; !taken {
					out[name] = words
				}
			}
		}
	}
}

func describeOperation(path, method string, op object) {
	if list, ok := op["parameters"].([]any); ok {
		describeParameters(list)
	}
	kind, _ := child(op, gvkExtension)["kind"].(string)
	action, _ := op["x-kubernetes-action"].(string)
	if action == "" {
		put(op, pathWords[path])
		if strings.HasPrefix(path, "/api") {
			put(op, "Discovery: what there is below this path.")
		}
	}
	if words := actionWords[action]; words != "" && kind != "" {
		put(op, strings.NewReplacer("KIND", kind, "METHOD", strings.ToUpper(method)).Replace(words))
	}
}

func describeParameters(list []any) {
	for _, p := range list {
		if one, ok := p.(object); ok {
			name, _ := one["name"].(string)
			put(one, parameterWords[name])
		}
	}
}
