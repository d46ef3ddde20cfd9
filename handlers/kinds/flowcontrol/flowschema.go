package flowcontrol

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var flowSchemas = kind.Kind{
	Group: group, Resource: "flowschemas", Strategy: flowSchema, Compare: byPrecedence,
	Subresources: map[string]kind.Strategy{"status": flowSchemaStatus},
}

func flowSchema(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	kind.JudgeAlike(s, kind.Check(validateFlowSchema))
}

func flowSchemaStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *flowcontrolv1.FlowSchema) field.ErrorList {
		return conditionTypes(len(o.Status.Conditions), func(i int) string { return o.Status.Conditions[i].Type })
	})
}

// byPrecedence is the order of matching, in which tables list flow schemas.
func byPrecedence(a, b object.Object) int {
	x, ok := a.(*flowcontrolv1.FlowSchema)
	y, both := b.(*flowcontrolv1.FlowSchema)
	if !ok || !both {
		return 0
	}
	return cmp.Or(cmp.Compare(x.Spec.MatchingPrecedence, y.Spec.MatchingPrecedence), cmp.Compare(x.Name, y.Name))
}

// maxPrecedence is the maximum of matchingPrecedence.
const maxPrecedence = 10000

func validateFlowSchema(o *flowcontrolv1.FlowSchema) (errs field.ErrorList) {
	path := spec.Child("matchingPrecedence")
	switch n := o.Spec.MatchingPrecedence; {
	case n <= 0:
		errs = append(errs, field.Invalid(path, n, "must be a positive value"))
	case n > maxPrecedence:
		errs = append(errs, field.Invalid(path, n, fmt.Sprintf("must not be greater than %d", maxPrecedence)))
	case n == 1 && o.Name != exempt:
		errs = append(errs, field.Invalid(path, n, "only the schema named 'exempt' may have matchingPrecedence 1"))
	}
	if m := o.Spec.DistinguisherMethod; m != nil && m.Type != "ByNamespace" && m.Type != "ByUser" {
		errs = append(errs, field.NotSupported(spec.Child("distinguisherMethod", "type"), display.Value(m), []string{"ByNamespace", "ByUser"}))
	}
	path = spec.Child("priorityLevelConfiguration", "name")
	if level := o.Spec.PriorityLevelConfiguration.Name; level == "" {
		errs = append(errs, field.Required(path, "must reference a priority level"))
	} else {
		errs = append(errs, kind.DNSName(path, level)...)
	}
	for i := range o.Spec.Rules {
		errs = append(errs, flowRule(&o.Spec.Rules[i], spec.Child("rules").Index(i))...)
	}
	if want, fixed := fixedSchemas[o.Name]; fixed && !equality.Semantic.DeepEqual(o.Spec, want) {
		errs = append(errs, field.Invalid(spec, display.Value(o.Spec), fmt.Sprintf("spec of '%s' must equal the fixed value", o.Name)))
	}
	return errs
}
