package definitions

import (
	"slices"
	"strings"
	"unicode"
)

// parameter is one of an operation, in the query.
type parameter struct{ name, of string }

// Parameters of operations. Their words are those of the built-in resources.
var (
	listParameters = []parameter{
		{"allowWatchBookmarks", "boolean"}, {"continue", "string"}, {"fieldSelector", "string"}, {"labelSelector", "string"}, {"limit", "integer"},
		{"resourceVersion", "string"}, {"resourceVersionMatch", "string"}, {"sendInitialEvents", "boolean"}, {"shardSelector", "string"},
		{"timeoutSeconds", "integer"}, {"watch", "boolean"},
	}
	getParameters    = []parameter{{"resourceVersion", "string"}}
	writeParameters  = []parameter{{"dryRun", "string"}, {"fieldManager", "string"}, {"fieldValidation", "string"}}
	patchParameters  = append(writeParameters[:3:3], parameter{"force", "boolean"})
	deleteParameters = []parameter{
		{"dryRun", "string"}, {"gracePeriodSeconds", "integer"}, {"ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"},
		{"orphanDependents", "boolean"}, {"propagationPolicy", "string"},
	}
)

var (
	objectTypes = []string{"application/json", "application/yaml"}
	patchTypes  = []string{"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"}
)

// operation is one method of a path.
type operation struct {
	method, action, verb string
	parameters           []parameter
	// body is what is sent, in some media types; answer what comes back, with these codes beside 200.
	body     string
	types    []string
	optional bool
	answer   string
	codes    []string
}

// collectionOperations and objectOperations are those of a kind.
func collectionOperations(model, list string) []operation {
	return []operation{
		{"get", "list", "list", listParameters, "", nil, false, list, nil},
		{"post", "post", "create", writeParameters, model, objectTypes, false, model, []string{"201", "202"}},
		{"delete", "deletecollection", "deleteCollection", listParameters, "", nil, false, metaModel + "Status", nil},
	}
}

func partOperations(model string) []operation {
	return []operation{
		{"get", "get", "read", getParameters, "", nil, false, model, nil},
		{"put", "put", "replace", writeParameters, model, objectTypes, false, model, []string{"201"}},
		{"patch", "patch", "patch", patchParameters, metaModel + "Patch", patchTypes, false, model, nil},
	}
}

func objectOperations(model string) []operation {
	return append(partOperations(model), operation{
		"delete", "delete", "delete", deleteParameters, metaModel + "DeleteOptions", objectTypes, true, metaModel + "Status", []string{"202"},
	})
}

// paths are those of the resource and its subresources.
func (v *versioned) paths(model, list string) map[string]any {
	root, namespaced := "/apis/"+v.d.group+"/"+v.gvk.Version+"/", ""
	out := map[string]any{}
	common := []any{queryParameter(parameter{"pretty", "string"})}
	if v.d.namespaced {
		everywhere := v.operation(collectionOperations(model, list)[0], "list", v.gvk.Kind+"ForAllNamespaces")
		delete(everywhere, "parameters")
		shared := append(slices.Clone(listParameters), parameter{"pretty", "string"})
		slices.SortFunc(shared, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
		var parameters []any
		for _, p := range shared {
			parameters = append(parameters, queryParameter(p))
		}
		out[root+v.d.names.Plural] = map[string]any{"get": everywhere, "parameters": parameters}
		root += "namespaces/{namespace}/"
		common = append([]any{pathParameter("namespace")}, common...)
		namespaced = "Namespaced"
	}
	root += v.d.names.Plural
	add := func(path, suffix string, parameters []any, operations []operation) {
		item := map[string]any{"parameters": parameters}
		for _, o := range operations {
			infix := ""
			if o.action == "deletecollection" {
				infix = "Collection"
			}
			item[o.method] = v.operation(o, strings.TrimSuffix(o.verb, "Collection"), infix+namespaced+v.gvk.Kind+suffix)
		}
		out[path] = item
	}
	add(root, "", common, collectionOperations(model, list))
	named := append([]any{pathParameter("name")}, common...)
	add(root+"/{name}", "", named, objectOperations(model))
	if v.hasStatus() {
		add(root+"/{name}/status", "Status", named, partOperations(model))
	}
	if s := v.spec.Subresources; s != nil && s.Scale != nil {
		add(root+"/{name}/scale", "Scale", named, partOperations(scaleName))
	}
	return out
}

// operation is one as the documents have it, with a name that no other has.
func (v *versioned) operation(o operation, verb, noun string) map[string]any {
	group := strings.TrimSuffix(v.d.group, ".k8s.io")
	parameters := []any{}
	for _, p := range o.parameters {
		parameters = append(parameters, queryParameter(p))
	}
	answer := map[string]any{"content": content(objectTypes, o.answer)}
	responses := map[string]any{"401": map[string]any{"description": "Unauthorized"}}
	for _, code := range append([]string{"200"}, o.codes...) {
		responses[code] = map[string]any{"description": map[string]string{"200": "OK", "201": "Created", "202": "Accepted"}[code], "content": answer["content"]}
	}
	out := map[string]any{
		"tags": []string{identifier(group, false) + "_" + v.gvk.Version}, "operationId": verb + identifier(group, true) + identifier(v.gvk.Version, true) + noun,
		"parameters": parameters, "responses": responses, "x-kubernetes-action": o.action, "x-kubernetes-group-version-kind": v.kindOf(v.gvk.Kind),
	}
	if o.body != "" {
		body := map[string]any{"content": content(o.types, o.body)}
		if !o.optional {
			body["required"] = true
		}
		out["requestBody"] = body
	}
	return out
}

func content(types []string, model string) map[string]any {
	out := map[string]any{}
	for _, t := range types {
		out[t] = map[string]any{"schema": map[string]any{"$ref": refs + model}}
	}
	return out
}

func queryParameter(p parameter) any {
	return map[string]any{"in": "query", "name": p.name, "schema": map[string]any{"type": p.of, "uniqueItems": true}}
}

func pathParameter(name string) any {
	return map[string]any{"in": "path", "name": name, "required": true, "schema": map[string]any{"type": "string", "uniqueItems": true}}
}

// identifier joins the words of a text with dots and dashes in it.
func identifier(text string, upper bool) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case !unicode.IsLetter(r) && r != '_' && (i == 0 || !unicode.IsDigit(r)):
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	return b.String()
}
