package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// rowKey names a resource row across all files: group/version/resource[/subresource].
func rowKey(d *spec.Doc, r spec.Resource) string {
	return d.GV.Group + "/" + d.GV.Version + "/" + r.Name
}

// operations expands the resource rows of a file to OpenAPI paths.
func operations(m spec.Model, d *spec.Doc) map[string]spec.M {
	p := paths{model: m, doc: d, paths: map[string]spec.M{}}
	for _, r := range d.Resources {
		p.resource(r)
	}
	return p.paths
}

type paths struct {
	model spec.Model
	doc   *spec.Doc
	paths map[string]spec.M
}

// parameters makes query parameters of "name" or "name:type" words.
func parameters(words string) (out []any) {
	for w := range strings.FieldsSeq(words) {
		name, typ, ok := strings.Cut(w, ":")
		if !ok {
			typ = "string"
		}
		out = append(out, spec.M{"name": name, "in": "query", "schema": spec.M{"type": typ}})
	}
	return out
}

var (
	commonParameters = parameters("pretty")
	writeParameters  = slices.Concat(commonParameters, parameters("dryRun fieldManager fieldValidation"))
	patchParameters  = slices.Concat(writeParameters, parameters("force:boolean"))
	deleteParameters = slices.Concat(commonParameters, parameters("dryRun gracePeriodSeconds:integer orphanDependents:boolean propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential:boolean"))
	listParameters   = slices.Concat(commonParameters, parameters("allowWatchBookmarks:boolean continue fieldSelector labelSelector limit:integer resourceVersion resourceVersionMatch sendInitialEvents:boolean shardSelector timeoutSeconds:integer watch:boolean"))
	// collectionDeleteParameters: what is deleted is selected as in a list, how it is deleted is said as in a delete.
	collectionDeleteParameters = slices.Concat(deleteParameters, parameters("continue fieldSelector labelSelector limit:integer resourceVersion resourceVersionMatch sendInitialEvents:boolean shardSelector timeoutSeconds:integer"))
)

var patchTypes = []string{"application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/apply-patch+cbor"}

// resource adds the paths of one row.
func (p *paths) resource(r spec.Resource) {
	base := "/apis/" + p.doc.GV.Group + "/" + p.doc.GV.Version
	if p.doc.GV.Group == "" {
		base = "/api/" + p.doc.GV.Version
	}
	main, sub, _ := strings.Cut(r.Name, "/")
	collection := base + "/" + main
	if r.Namespaced {
		collection = base + "/namespaces/{namespace}/" + main
	}
	item := collection + "/{name}"
	if sub != "" {
		p.subresource(r, item+"/"+sub)
		return
	}
	verbs := verbSet(r)
	for _, x := range []struct {
		verb, path, method, action string
		params                     []any
	}{
		{"list", collection, "get", "list", listParameters},
		{"create", collection, "post", "post", writeParameters},
		{"deletecollection", collection, "delete", "deletecollection", collectionDeleteParameters},
		{"get", item, "get", "get", commonParameters},
		{"update", item, "put", "put", writeParameters},
		{"patch", item, "patch", "patch", patchParameters},
		{"delete", item, "delete", "delete", deleteParameters},
	} {
		if verbs[x.verb] {
			p.operation(r, x.path, x.method, x.action, x.params, "")
		}
	}
	all := base + "/" + main
	if verbs["watch"] {
		watch := func(path string) string { return strings.Replace(path, base, base+"/watch", 1) }
		p.operation(r, watch(collection), "get", "watchlist", listParameters, "L")
		p.operation(r, watch(item), "get", "watch", listParameters, "")
		if r.Namespaced {
			p.operation(r, watch(all), "get", "watchlist", listParameters, "LAll")
		}
	}
	if r.Namespaced && verbs["list"] {
		p.operation(r, all, "get", "list", listParameters, "All")
	}
}

func (p *paths) subresource(r spec.Resource, item string) {
	var extra []any
	for _, n := range slices.Sorted(maps.Keys(r.Params)) {
		extra = append(extra, parameters(n+":"+r.Params[n])...)
	}
	if r.Connect != nil {
		for _, method := range r.Connect {
			p.operation(r, item, method, "connect", extra, title(method))
			if r.Path {
				p.operation(r, item+"/{path}", method, "connect", append(slices.Clone(extra), parameters("path")...), title(method)+"Path")
			}
		}
		return
	}
	verbs := verbSet(r)
	for _, x := range []struct {
		verb, method, action string
		params               []any
	}{
		{"get", "get", "get", commonParameters},
		{"update", "put", "put", writeParameters},
		{"patch", "patch", "patch", patchParameters},
		{"create", "post", "post", writeParameters},
	} {
		if verbs[x.verb] {
			p.operation(r, item, x.method, x.action, slices.Concat(x.params, extra), "")
		}
	}
}

func verbSet(r spec.Resource) map[string]bool {
	set := map[string]bool{}
	for _, v := range r.Verbs {
		set[v] = true
	}
	return set
}

// operation adds one operation. suffix tells apart operations that differ by nothing else.
func (p *paths) operation(r spec.Resource, path, method, action string, params []any, suffix string) {
	kindFile := p.kindFile(r)
	body := spec.M{"type": "string"} // connect options and logs have no schema
	if r.Connect == nil && p.model[kindFile].Schemas[r.Kind] != nil && r.Name != "pods/log" {
		body = p.ref(kindFile, r.Kind)
	}
	result := body
	switch action {
	case "list":
		result = p.ref(kindFile, r.Kind+"List")
	case "delete", "deletecollection":
		result = p.ref("meta/v1", "Status")
	case "watch", "watchlist":
		result = p.ref("meta/v1", "WatchEvent")
	}
	var inPath []any
	for _, n := range []string{"namespace", "name", "path"} {
		if strings.Contains(path, "{"+n+"}") {
			inPath = append(inPath, spec.M{"name": n, "in": "path", "required": true, "schema": spec.M{"type": "string"}})
		}
	}
	group, _, _ := strings.Cut(p.doc.File, "/")
	id := action + title(group) + title(p.doc.GV.Version) + suffix
	for s := range strings.SplitSeq(r.Name, "/") {
		id += title(s)
	}
	o := spec.M{
		"operationId": id, "x-kubernetes-action": action, "x-kubernetes-row": rowKey(p.doc, r),
		"parameters": append(inPath, params...),
		"responses":  spec.M{"200": spec.M{"description": "OK", "content": spec.M{"application/json": spec.M{"schema": result}}}, "401": spec.M{"description": "Unauthorized"}},
	}
	if b := requestBody(p, body, method, action); b != nil {
		o["requestBody"] = b
	}
	if p.paths[path] == nil {
		p.paths[path] = spec.M{}
	}
	p.paths[path][method] = o
}

func requestBody(p *paths, body spec.M, method, action string) spec.M {
	if action == "connect" {
		return nil
	}
	switch method {
	case "post", "put":
		return spec.M{"required": true, "content": spec.M{"application/json": spec.M{"schema": body}}}
	case "patch":
		content := spec.M{}
		for _, t := range patchTypes {
			content[t] = spec.M{"schema": p.ref("meta/v1", "Patch")}
		}
		return spec.M{"required": true, "content": content}
	case "delete":
		return spec.M{"content": spec.M{"application/json": spec.M{"schema": p.ref("meta/v1", "DeleteOptions")}}}
	}
	return nil
}

// kindFile is the file that has the schema of a row's kind: its own, or that of the group-version the row names.
func (p *paths) kindFile(r spec.Resource) string {
	group, version := p.doc.GV.Group, p.doc.GV.Version
	if r.Group != nil {
		group = *r.Group
	}
	if r.Version != nil {
		version = *r.Version
	}
	for file, d := range p.model {
		if d.GV.Group == group && d.GV.Version == version {
			return file
		}
	}
	return p.doc.File
}

func (p *paths) ref(file, name string) spec.M {
	if file == "meta/v1" { // apimachinery's; only the shape of the operation matters here
		return spec.M{"type": "object"}
	}
	if file == p.doc.File {
		return spec.M{"$ref": "#/components/schemas/" + name}
	}
	return spec.M{"$ref": "../" + file + ".yaml#/components/schemas/" + name}
}

// writeRoutes writes what the route lines call: the Router interface and the list of all files' registrations.
func writeRoutes(m spec.Model, out output) error {
	var calls strings.Builder
	for _, file := range slices.Sorted(maps.Keys(m)) {
		if len(m[file].Resources) > 0 {
			fmt.Fprintf(&calls, "\t%s(r)\n", spec.Alias(file))
		}
	}
	return out.goFile("routes/routes.gen.go", `// Package routes has one line per operation of the API: action, method, path, resource row.
package routes

// Action is what an operation does to its resource, in the words of x-kubernetes-action.
type Action string

const (
	Get              Action = "get"
	List             Action = "list"
	Watch            Action = "watch"
	Watchlist        Action = "watchlist"
	Post             Action = "post"
	Put              Action = "put"
	Patch            Action = "patch"
	Delete           Action = "delete"
	Deletecollection Action = "deletecollection"
	Connect          Action = "connect"
)

// Router takes the routes. path is in echo's notation; row is group/version/resource[/subresource].
type Router interface {
	Route(action Action, method, path, row string)
}

// Register gives every operation to r.
func Register(r Router) {
`+calls.String()+"}\n")
}
