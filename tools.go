//go:build tools

// Package tools pins the code generators that `make gen` uses to the versions in go.mod. It is never built: cmd/specgen calls
// oapi-codegen as a library, and this import keeps its command at the same version for whoever wants to look at what it
// makes of a single file.
package tools

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
