package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeServerRoutes writes routes/server.gen.go: the hand-written paths, as a table that the server's wiring can be held
// against.
func writeServerRoutes(server []spec.ServerPath, out output) error {
	var rows strings.Builder
	for _, s := range server {
		path := strings.TrimSuffix(s.Path, "/") // published with a slash at the end, served without
		for _, method := range slices.Sorted(maps.Keys(s.Operations)) {
			fmt.Fprintf(&rows, "\t{%q, %q, %q},\n", s.Operations[method], strings.ToUpper(method), path)
		}
	}
	return out.goFile("routes/server.gen.go", `package routes

// ServerRoute is a path that belongs to no resource.
type ServerRoute struct {
	// Operation is its operationId.
	Operation, Method string
	// Path has parameters in braces.
	Path string
}

// Server lists the paths of openapi/server.
var Server = []ServerRoute{
`+rows.String()+"}\n")
}
