package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// codegenPaths gives oapi-codegen the operations of a file: it turns each into a route line and looks at nothing but path,
// method and the two x- facts that the template prints.
func codegenPaths(m spec.Model, d *spec.Doc) map[string]spec.M {
	paths := map[string]spec.M{}
	for _, o := range operations(m, d) {
		if paths[o.Path] == nil {
			paths[o.Path] = spec.M{}
		}
		var params []any
		for _, name := range pathParameters(o.Path) {
			params = append(params, spec.M{"name": name, "in": "path", "required": true, "schema": spec.M{"type": "string"}})
		}
		paths[o.Path][o.Method] = spec.M{
			"operationId": o.ID, "x-kubernetes-action": o.Action, "x-kubernetes-row": rowKey(d, o.Row),
			"parameters": params, "responses": spec.M{"200": spec.M{"description": "OK"}},
		}
	}
	return paths
}

// pathParameters are the names in braces of a path, in order.
func pathParameters(path string) (names []string) {
	for {
		_, rest, ok := strings.Cut(path, "{")
		if !ok {
			return names
		}
		name, rest, _ := strings.Cut(rest, "}")
		names, path = append(names, name), rest
	}
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
