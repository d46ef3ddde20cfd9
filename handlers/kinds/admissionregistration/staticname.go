package admissionregistration

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// staticName refuses the name suffix that is reserved for objects from files.
func staticName(_ context.Context, o, _ object.Object) []string {
	const suffix = ".static.k8s.io"
	if !strings.HasSuffix(o.GetName(), suffix) {
		return nil
	}
	return []string{fmt.Sprintf("metadata.name: names ending with %q are reserved for static manifest-based configurations and cannot be managed via the API", suffix)}
}
