package strategy

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/warnings"
)

// warn says of an accepted object what package warnings finds: what it finds is decided by kind, not by resource.
func warn(row resources.Row, s *resource.Strategy) {
	switch row.Subresource {
	case "":
		s.Warnings = func(_ context.Context, o, old object.Object) []string { return warnings.Of(o, old) }
	}
}
