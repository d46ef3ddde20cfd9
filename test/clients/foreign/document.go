package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

type object = map[string]any

// document is a v2 document on its way.
type document struct{ spec object }

func (d document) definitions() object {
	o, _ := d.spec["definitions"].(object)
	return o
}

// operations drops the deprecated watch operations and shortens ids by their tags, which makes some of them equal: the generator
// must not validate.
func (d document) operations(language string) {
	paths, _ := d.spec["paths"].(object)
	for path, item := range paths {
		for method, value := range item.(object) {
			o, ok := value.(object)
			if !ok || o["operationId"] == nil {
				continue
			}
			if strings.Contains(path, "/watch/") {
				delete(item.(object), method)
				continue
			}
			shorten(o)
			if language == "java" {
				o["consumes"] = []any{"application/json"}
			} else if responses, ok := o["responses"].(object); ok {
				delete(responses, "401") // it keeps the generated code from failing on 401
			}
			if id := o["operationId"].(string); strings.HasPrefix(id, "deleteCollection") {
				o["parameters"] = slices.DeleteFunc(list(o["parameters"]), func(p any) bool {
					name := p.(object)["name"]
					return name == "watch" || name == "allowWatchBookmarks"
				})
			}
			for _, p := range slices.Concat(list(o["parameters"]), list(item.(object)["parameters"])) {
				if p.(object)["in"] == "body" {
					o["x-codegen-request-body-name"] = "body"
				}
			}
		}
		if len(operationsOf(item.(object))) == 0 {
			delete(paths, path)
		}
	}
}

func operationsOf(item object) (out []string) {
	for k := range item {
		if k != "parameters" {
			out = append(out, k)
		}
	}
	return out
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// shorten takes the group and version out of an operation's id: readCoreV1NamespacedPod is readNamespacedPod.
func shorten(o object) {
	id := o["operationId"].(string)
	for _, tag := range list(o["tags"]) {
		words := ""
		for word := range strings.SplitSeq(tag.(string), "_") {
			if word != "" {
				words += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		id = strings.Replace(id, words, "", 1)
	}
	o["operationId"] = id
}

// rename shortens the names of definitions to version and kind; those that are equal then have one word more.
func (d document) rename() error {
	words := map[string]int{}
	for name := range d.definitions() {
		if strings.HasPrefix(name, "io.k8s") {
			words[name] = 2
		}
	}
	for again := true; again; {
		again = false
		byShort := map[string][]string{}
		for name, n := range words {
			short := last(name, n)
			byShort[short] = append(byShort[short], name)
		}
		for _, names := range byShort {
			if len(names) > 1 {
				again = true
				for _, name := range names {
					words[name]++
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		short := last(name, words[name])
		if _, taken := d.definitions()[short]; taken {
			return fmt.Errorf("%s cannot become %s, which is there", name, short)
		}
		d.definitions()[short] = d.definitions()[name]
		delete(d.definitions(), name)
	}
	walk(d.spec, func(o object) {
		if ref, ok := o["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/definitions/")
			if n, ok := words[name]; ok {
				o["$ref"] = "#/definitions/" + last(name, n)
			}
		}
	})
	return nil
}

// last are the last n words of a name.
func last(name string, n int) string {
	parts := strings.Split(name, ".")
	return strings.Join(parts[max(0, len(parts)-n):], ".")
}

// walk visits every object, inner ones first.
func walk(v any, visit func(object)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	case object:
		for _, x := range v {
			walk(x, visit)
		}
		visit(v)
	}
}

// kept are the definitions without properties that have classes of their own in the official Java client.
var kept = map[string]bool{"intstr.IntOrString": true, "resource.Quantity": true, "v1.Patch": true}

// values prepares the definitions without properties. In Java some have classes; elsewhere a number or a text is any value.
func (d document) values(language string) {
	definitions := d.definitions()
	if language != "java" {
		definitions["intstr.IntOrString"] = object{}
		walk(d.spec, func(o object) {
			if _, ok := o["enum"].([]any); ok {
				delete(o, "enum") // the next release has one value more
			}
		})
		return
	}
	definitions["resource.Quantity"].(object)["format"] = "quantity"
	maps.Copy(definitions["v1.Patch"].(object), object{"type": "string", "format": "patch"})
}

// inline puts definitions without properties where they are referred to.
func (d document) inline(language string) {
	values := object{}
	for name, v := range d.definitions() {
		if definition := v.(object); definition["properties"] == nil && !(language == "java" && kept[name]) {
			if definition["type"] == nil {
				definition["type"] = "object"
			}
			values["#/definitions/"+name] = definition
			delete(d.definitions(), name)
		}
	}
	walk(d.spec, func(o object) {
		ref, ok := o["$ref"].(string)
		if !ok || values[ref] == nil {
			return
		}
		delete(o, "$ref")
		for k, v := range values[ref].(object) {
			if _, there := o[k]; !there {
				o[k] = v
			}
		}
	})
}

// implement says what kinds implement in the official Java client.
func (d document) implement() {
	for name, v := range d.definitions() {
		definition := v.(object)
		properties, _ := definition["properties"].(object)
		metadata, _ := properties["metadata"].(object)
		if definition["x-kubernetes-group-version-kind"] == nil || properties["kind"] == nil || properties["apiVersion"] == nil || name == "v1.Status" {
			continue
		}
		switch metadata["$ref"] {
		case "#/definitions/v1.ObjectMeta":
			definition["x-implements"] = []any{"io.kubernetes.client.common.KubernetesObject"}
		case "#/definitions/v1.ListMeta":
			definition["x-implements"] = []any{"io.kubernetes.client.common.KubernetesListObject"}
		}
	}
}
