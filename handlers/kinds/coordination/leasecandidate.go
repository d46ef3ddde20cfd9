package coordination

import (
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var leaseCandidates = kind.Kind{
	Group: group, Resource: "leasecandidates",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.ValidateName = func(name string, _ bool) []string { return utilvalidation.IsConfigMapKey(name) }
	},
}
