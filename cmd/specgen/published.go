package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// The media types of answers and requests as they are published.
var (
	objectTypes = []string{"application/json", "application/vnd.kubernetes.protobuf", "application/yaml"}
	streamTypes = append(slices.Clone(objectTypes), "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")
	textTypes   = append(slices.Clone(objectTypes), "text/plain")
	patchTypes  = []string{"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"}
	anyType     = []string{"*/*"}
)

// publishedDocuments makes the documents of /openapi/v3 by their path in its index: api/v1, apis/apps, apis/apps/v1, version.
func publishedDocuments(m spec.Model, server []spec.ServerPath) (map[string]spec.M, error) {
	p := publisher{model: m, paths: map[string]map[string]spec.M{}, gv: map[string]spec.GroupVersion{}}
	for _, file := range slices.Sorted(maps.Keys(m)) {
		d := m[file]
		if d.GV.Version == "" {
			continue
		}
		name := strings.TrimPrefix(basePath(d.GV), "/")
		p.gv[name] = d.GV
		p.groupVersion(name, d)
	}
	for _, s := range server {
		if s.Document != "" {
			p.path(s.Document, s.Path)
			maps.Copy(p.paths[s.Document][s.Path], p.references(s.Item, s.File).(spec.M))
		}
	}
	out := map[string]spec.M{}
	for name, paths := range p.paths {
		components := spec.M{"securitySchemes": spec.M{"BearerToken": spec.M{"type": "apiKey", "name": "authorization", "in": "header"}}}
		schemas, err := p.closure(paths, p.gv[name])
		if err != nil {
			return nil, err
		}
		if len(schemas) > 0 {
			components["schemas"] = schemas
		}
		out[name] = spec.M{
			"openapi": "3.0.0", "info": spec.M{"title": "Kubernetes", "version": apiVersion},
			"paths": paths, "components": components,
		}
	}
	return out, nil
}

// apiVersion is the version that the published documents carry.
const apiVersion = "1.36"

// publisher builds the paths of all documents.
type publisher struct {
	model spec.Model
	// paths of each document.
	paths map[string]map[string]spec.M
	// gv is the group-version that a document is of; the zero value for the others.
	gv map[string]spec.GroupVersion
}

// path makes sure that a document has a path.
func (p *publisher) path(document, path string) spec.M {
	if p.paths[document] == nil {
		p.paths[document] = map[string]spec.M{}
	}
	if p.paths[document][path] == nil {
		p.paths[document][path] = spec.M{}
	}
	return p.paths[document][path]
}

// groupVersion adds the paths of a file: its discovery, that of its group, and the operations of its rows.
func (p *publisher) groupVersion(document string, d *spec.Doc) {
	camel := camelGroup(d.GV.Group)
	tag := strings.ToLower(camel[:1]) + camel[1:]
	version := tag + "_" + d.GV.Version
	p.path(document, "/"+document+"/")["get"] = discovery(version, "get"+camel+title(d.GV.Version)+"APIResources", p.schema(metaFile, "APIResourceList"))
	if d.GV.Group != "" {
		group := "apis/" + d.GV.Group
		p.path(group, "/"+group+"/")["get"] = discovery(tag, "get"+camel+"APIGroup", p.schema(metaFile, "APIGroup"))
	}
	byPath := map[string][]operation{}
	for _, o := range operations(p.model, d) {
		byPath[o.Path] = append(byPath[o.Path], o)
		p.path(document, o.Path)[o.Method] = p.operation(d, o, version)
	}
	for path, ops := range byPath {
		p.parameters(p.paths[document][path], path, ops)
	}
}

// discovery is the operation of a discovery document.
func discovery(tag, id string, result spec.M) spec.M {
	return spec.M{
		"tags": []any{tag}, "operationId": id,
		"responses": spec.M{"200": response("OK", objectTypes, result), "401": spec.M{"description": "Unauthorized"}},
	}
}

func response(description string, types []string, schema spec.M) spec.M {
	return spec.M{"description": description, "content": content(types, schema)}
}

func content(types []string, schema spec.M) spec.M {
	out := spec.M{}
	for _, t := range types {
		out[t] = spec.M{"schema": schema}
	}
	return out
}

// operation is an operation without its parameters.
func (p *publisher) operation(d *spec.Doc, o operation, tag string) spec.M {
	group, version := d.KindOf(o.Row)
	out := spec.M{
		"tags": []any{tag}, "operationId": o.ID, "x-kubernetes-action": o.Action,
		"x-kubernetes-group-version-kind": spec.M{"group": group, "version": version, "kind": o.Row.Kind},
	}
	result := spec.M{"type": "string"}
	if o.Result.Name != "" {
		result = p.schema(o.Result.File, o.Result.Name)
	}
	types := objectTypes
	switch o.Action {
	case "list", "watch", "watchlist":
		types = streamTypes
	case "connect":
		types = anyType
	case "get":
		if o.Row.Text {
			types = textTypes
		}
	}
	responses := spec.M{"200": response("OK", types, result), "401": spec.M{"description": "Unauthorized"}}
	switch o.Action {
	case "post":
		responses["201"], responses["202"] = response("Created", types, result), response("Accepted", types, result)
	case "put", "patch":
		responses["201"] = response("Created", types, result)
	case "delete":
		responses["202"] = response("Accepted", types, result)
	}
	out["responses"] = responses
	if o.Body.Name != "" {
		accepted := anyType
		if o.Action == "patch" {
			accepted = patchTypes
		}
		body := spec.M{"content": content(accepted, p.schema(o.Body.File, o.Body.Name))}
		if o.Method != "delete" { // the options of a deletion may be left out
			body["required"] = true
		}
		out["requestBody"] = body
	}
	return out
}

// parameters gives a path the parameters that all its operations have, and each operation the rest of its own.
func (p *publisher) parameters(item spec.M, path string, ops []operation) {
	inAll := map[parameter]int{}
	for _, o := range ops {
		for _, q := range o.Query {
			inAll[q]++
		}
	}
	var common []any
	for _, name := range pathParameters(path) {
		common = append(common, publishedParameter(parameter{name, "string"}, "path"))
	}
	for q, n := range inAll {
		if n == len(ops) {
			common = append(common, publishedParameter(q, "query"))
		}
	}
	if common != nil {
		item["parameters"] = sortParameters(common)
	}
	for _, o := range ops {
		var own []any
		for _, q := range o.Query {
			if inAll[q] != len(ops) {
				own = append(own, publishedParameter(q, "query"))
			}
		}
		if own != nil {
			item[o.Method].(spec.M)["parameters"] = sortParameters(own)
		}
	}
}

func publishedParameter(q parameter, in string) spec.M {
	out := spec.M{"name": q.Name, "in": in, "schema": spec.M{"type": q.Type, "uniqueItems": true}}
	if in == "path" {
		out["required"] = true
	}
	return out
}

func sortParameters(list []any) []any {
	key := func(p any) string { return p.(spec.M)["name"].(string) + " " + p.(spec.M)["in"].(string) }
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(key(a), key(b)) })
	return list
}
