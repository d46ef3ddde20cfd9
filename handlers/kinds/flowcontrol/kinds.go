// Package flowcontrol has the kinds of flowcontrol.apiserver.k8s.io.
package flowcontrol

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const group = "flowcontrol.apiserver.k8s.io"

var spec = field.NewPath("spec")

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{flowSchemas, priorityLevels}

// conditionTypes requires unique condition types that are not empty.
func conditionTypes(n int, typeOf func(i int) string) (errs field.ErrorList) {
	path := field.NewPath("status", "conditions")
	seen := make(map[string]bool, n)
	for i := range n {
		t := typeOf(i)
		if seen[t] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("type"), t))
		}
		if seen[t] = true; t == "" {
			errs = append(errs, field.Required(path.Index(i).Child("type"), ""))
		}
	}
	return errs
}
