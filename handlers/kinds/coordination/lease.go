package coordination

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	coordinationv1 "github.com/gatehouse-dev/gatehouse/gen/types/coordination/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var leases = kind.Kind{
	Group: group, Resource: "leases",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(func(o *coordinationv1.Lease) (errs field.ErrorList) {
			l := &o.Spec
			if l.Strategy != nil {
				errs = append(errs, strategyName(*l.Strategy, spec.Child("strategy"))...)
			}
			if l.PreferredHolder != nil && *l.PreferredHolder != "" && (l.Strategy == nil || *l.Strategy == "") {
				errs = append(errs, field.Forbidden(spec.Child("preferredHolder"), "may only be specified if `strategy` is defined"))
			}
			return errs
		})
	},
}

// strategies of Kubernetes; others are qualified names.
var strategies = []string{oldestVersion}

const oldestVersion = "OldestEmulationVersion"

// strategyName reports faults, like upstream, at a path below the field.
func strategyName(name string, path *field.Path) field.ErrorList {
	at := path.Child("strategy")
	switch {
	case strings.Contains(name, "/"):
		return kind.Qualified(at, name)
	case !slices.Contains(strategies, name):
		return field.ErrorList{field.NotSupported(at, name, strategies)}
	}
	return nil
}
