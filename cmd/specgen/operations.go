package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// operation is one method on one path. The rows of the model expand to operations once, and both the route lines and the
// published documents are made from them, so that a path cannot be served without being published or the other way round.
type operation struct {
	Path, Method, Action string
	// ID is the published operationId.
	ID  string
	Row spec.Resource
	// Body and Result are the schemas of the request and of a good answer. An empty Result is plain text; an empty Body is none.
	Body, Result schemaName
	Query        []parameter
}

// schemaName names a schema of the model.
type schemaName struct{ File, Name string }

type parameter struct{ Name, Type string }

// metaFile has the schemas of requests and answers that are no resources: DeleteOptions, Patch, Status, WatchEvent.
const metaFile = "meta/v1"

// rowKey names a resource row across all files: group/version/resource[/subresource].
func rowKey(d *spec.Doc, r spec.Resource) string {
	return d.GV.Group + "/" + d.GV.Version + "/" + r.Name
}

// basePath is where a group-version is served.
func basePath(gv spec.GroupVersion) string {
	if gv.Group == "" {
		return "/api/" + gv.Version
	}
	return "/apis/" + gv.Group + "/" + gv.Version
}

// parameters makes query parameters of "name" or "name:type" words.
func parameters(words string) (out []parameter) {
	for w := range strings.FieldsSeq(words) {
		name, typ, ok := strings.Cut(w, ":")
		if !ok {
			typ = "string"
		}
		out = append(out, parameter{name, typ})
	}
	return out
}

const (
	selecting = " continue fieldSelector labelSelector limit:integer resourceVersion resourceVersionMatch sendInitialEvents:boolean shardSelector timeoutSeconds:integer"
	deleting  = " dryRun gracePeriodSeconds:integer orphanDependents:boolean propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential:boolean"
)

var (
	commonParameters = parameters("pretty")
	writeParameters  = parameters("pretty dryRun fieldManager fieldValidation")
	patchParameters  = parameters("pretty dryRun fieldManager fieldValidation force:boolean")
	deleteParameters = parameters("pretty" + deleting)
	listParameters   = parameters("pretty allowWatchBookmarks:boolean watch:boolean" + selecting)
	// collectionDeleteParameters: what is deleted is selected as in a list, how it is deleted is said as in a delete.
	collectionDeleteParameters = parameters("pretty" + selecting + deleting)
)

// operations expands the resource rows of a file.
func operations(m spec.Model, d *spec.Doc) []operation {
	e := expander{model: m, doc: d}
	for _, r := range d.Resources {
		e.row(r)
	}
	return e.out
}

// expander collects the operations of one file.
type expander struct {
	model spec.Model
	doc   *spec.Doc
	out   []operation
}

// call is how a verb appears in HTTP, and word how it appears in an operationId.
type call struct {
	verb, method, action, word string
	query                      []parameter
}

var (
	collectionCalls = []call{
		{"list", "get", "list", "list", listParameters},
		{"create", "post", "post", "create", writeParameters},
		{"deletecollection", "delete", "deletecollection", "delete", collectionDeleteParameters},
	}
	itemCalls = []call{
		{"get", "get", "get", "read", commonParameters},
		{"update", "put", "put", "replace", writeParameters},
		{"patch", "patch", "patch", "patch", patchParameters},
		{"delete", "delete", "delete", "delete", deleteParameters},
	}
	subresourceCalls = append(slices.Clone(itemCalls[:3]), call{"create", "post", "post", "create", writeParameters})
	watchCall        = call{"watch", "get", "watch", "watch", listParameters}
	watchlistCall    = call{"watch", "get", "watchlist", "watch", listParameters}
)

// row adds the operations of one row.
func (e *expander) row(r spec.Resource) {
	base := basePath(e.doc.GV)
	main, sub, _ := strings.Cut(r.Name, "/")
	all := base + "/" + main
	collection, scope := all, ""
	if r.Namespaced {
		collection, scope = base+"/namespaces/{namespace}/"+main, "Namespaced"
	}
	item := collection + "/{name}"
	if sub != "" {
		e.subresource(r, item+"/"+sub, scope)
		return
	}
	for _, c := range collectionCalls {
		middle := ""
		if c.action == "deletecollection" {
			middle = "Collection"
		}
		e.add(r, c, collection, middle+scope+r.Kind)
	}
	for _, c := range itemCalls {
		e.add(r, c, item, scope+r.Kind)
	}
	watch := func(path string) string { return base + "/watch" + strings.TrimPrefix(path, base) }
	e.add(r, watchlistCall, watch(collection), scope+r.Kind+"List")
	e.add(r, watchCall, watch(item), scope+r.Kind)
	if r.Namespaced && slices.Contains(r.Verbs, "list") {
		e.add(r, collectionCalls[0], all, r.Kind+"ForAllNamespaces")
		e.add(r, watchlistCall, watch(all), r.Kind+"ListForAllNamespaces")
	}
}

// subresource adds the operations of a row that lies under another: its operationIds carry the parent's kind.
func (e *expander) subresource(r spec.Resource, path, scope string) {
	main, sub, _ := strings.Cut(r.Name, "/")
	subject := scope + e.parentKind(main, r.Kind) + title(sub)
	var extra []parameter
	for _, n := range slices.Sorted(maps.Keys(r.Params)) {
		extra = append(extra, parameter{n, r.Params[n]})
	}
	if r.Path { // published for both forms of the path
		extra = append(extra, parameters("path")...)
	}
	for _, method := range r.Connect {
		c := call{method: method, action: "connect", word: "connect", query: extra}
		e.add(r, c, path, title(method)+subject)
		if r.Path {
			e.add(r, c, path+"/{path}", title(method)+subject+"WithPath")
		}
	}
	if r.Connect != nil {
		return
	}
	for _, c := range subresourceCalls {
		c.query = slices.Concat(c.query, extra)
		e.add(r, c, path, subject)
	}
}

// parentKind is the kind of the resource that a subresource belongs to.
func (e *expander) parentKind(resource, otherwise string) string {
	for _, r := range e.doc.Resources {
		if r.Name == resource {
			return r.Kind
		}
	}
	return otherwise
}

// add adds an operation when the row has the verb; a connection has methods instead of verbs.
func (e *expander) add(r spec.Resource, c call, path, subject string) {
	if c.verb != "" && !slices.Contains(r.Verbs, c.verb) {
		return
	}
	group, version := e.doc.KindOf(r)
	kind := schemaName{e.model.File(group, version), r.Kind}
	if d := e.model[kind.File]; d == nil || d.Schemas[r.Kind] == nil || r.Connect != nil || r.Text {
		kind = schemaName{} // connect options have no schema
	}
	o := operation{
		Path: path, Method: c.method, Action: c.action, Row: r, Query: c.query, Result: kind,
		ID: c.word + camelGroup(e.doc.GV.Group) + title(e.doc.GV.Version) + subject,
	}
	switch c.action {
	case "list":
		o.Result = schemaName{kind.File, r.Kind + "List"}
	case "watch", "watchlist":
		o.Result = schemaName{metaFile, "WatchEvent"}
	case "deletecollection":
		o.Body, o.Result = schemaName{metaFile, "DeleteOptions"}, schemaName{metaFile, "Status"}
	case "delete":
		o.Body = schemaName{metaFile, "DeleteOptions"}
		if !r.ReturnsDeleted {
			o.Result = schemaName{metaFile, "Status"}
		}
	case "post", "put":
		o.Body = kind
	case "patch":
		o.Body = schemaName{metaFile, "Patch"}
	}
	e.out = append(e.out, o)
}

// camelGroup is a group in operationIds: Core, Apps, RbacAuthorization.
func camelGroup(group string) string {
	if group == "" {
		return "Core"
	}
	out := ""
	for word := range strings.SplitSeq(strings.TrimSuffix(group, ".k8s.io"), ".") {
		out += title(word)
	}
	return out
}
