package flowcontrol

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/util/shufflesharding"

	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var priorityLevels = kind.Kind{
	Group: group, Resource: "prioritylevelconfigurations", Strategy: priorityLevel,
	Subresources: map[string]kind.Strategy{"status": priorityLevelStatus},
}

func priorityLevel(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	kind.JudgeAlike(s, kind.Check(validatePriorityLevel))
}

func priorityLevelStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
		return conditionTypes(len(o.Status.Conditions), func(i int) string { return o.Status.Conditions[i].Type })
	})
}

// preserveZero is an annotation of v1beta3, which conversion drops.
const preserveZero = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"

func validatePriorityLevel(o *flowcontrolv1.PriorityLevelConfiguration) (errs field.ErrorList) {
	if _, ok := o.Annotations[preserveZero]; ok {
		errs = append(errs, field.Forbidden(field.NewPath("metadata", "annotations"), fmt.Sprintf("annotation '%s' is forbidden", preserveZero)))
	}
	s := &o.Spec
	if (o.Name == exempt) != (s.Type == "Exempt") {
		errs = append(errs, field.Invalid(spec.Child("type"), s.Type, "must be 'Exempt' if and only if `name` is 'exempt'"))
	}
	switch s.Type {
	case "Exempt":
		if s.Limited != nil {
			errs = append(errs, field.Forbidden(spec.Child("limited"), "must be nil if the type is not Limited"))
		}
		if e := s.Exempt; e != nil {
			errs = append(errs, notNegative(spec.Child("exempt", "nominalConcurrencyShares"), e.NominalConcurrencyShares, "")...)
			errs = append(errs, percent(spec.Child("exempt", "lendablePercent"), e.LendablePercent)...)
		}
	case "Limited":
		if s.Exempt != nil {
			errs = append(errs, field.Forbidden(spec.Child("exempt"), "must be nil if the type is Limited"))
		}
		if s.Limited == nil {
			errs = append(errs, field.Required(spec.Child("limited"), "must not be empty when type is Limited"))
		} else {
			errs = append(errs, limited(s.Limited, spec.Child("limited"))...)
		}
	case "":
		errs = append(errs, field.Required(spec.Child("type"), ""))
	default:
		errs = append(errs, field.NotSupported(spec.Child("type"), s.Type, []string{"Exempt", "Limited"}))
	}
	return append(errs, fixedLevel(o)...)
}

// fixedLevel requires the mandatory levels to have their fixed spec, except that administrators may set the shares of the exempt
// level.
func fixedLevel(o *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	want, fixed := fixedLevels[o.Name]
	if !fixed {
		return nil
	}
	have, except := o.Spec, ""
	if o.Name == exempt {
		have.Exempt, except = want.Exempt, " except the 'spec.exempt' field"
	}
	if equality.Semantic.DeepEqual(have, want) {
		return nil
	}
	return field.ErrorList{field.Invalid(spec, display.Value(o.Spec), fmt.Sprintf("spec of '%s'%s must equal the fixed value", o.Name, except))}
}

func limited(l *flowcontrolv1.LimitedPriorityLevelConfiguration, path *field.Path) field.ErrorList {
	errs := notNegative(path.Child("nominalConcurrencyShares"), l.NominalConcurrencyShares, "")
	at := path.Child("limitResponse")
	switch r := &l.LimitResponse; r.Type {
	case "Reject":
		if r.Queuing != nil {
			errs = append(errs, field.Forbidden(at.Child("queuing"), "must be nil if limited.limitResponse.type is not Limited"))
		}
	case "Queue":
		if r.Queuing == nil {
			errs = append(errs, field.Required(at.Child("queuing"), "must not be empty if limited.limitResponse.type is Limited"))
		} else {
			errs = append(errs, queuing(r.Queuing, at.Child("queuing"))...)
		}
	case "":
		errs = append(errs, field.Required(at.Child("type"), ""))
	default:
		errs = append(errs, field.NotSupported(at.Child("type"), r.Type, []string{"Queue", "Reject"}))
	}
	errs = append(errs, percent(path.Child("lendablePercent"), l.LendablePercent)...)
	return append(errs, notNegative(path.Child("borrowingLimitPercent"), l.BorrowingLimitPercent, "if specified, ")...)
}

// mostQueues is the maximum number of queues.
const mostQueues = 10_000_000

// queuing validates the shuffle sharding parameters: a hand is dealt by the bits of a hash, of which there must be enough.
func queuing(q *flowcontrolv1.QueuingConfiguration, path *field.Path) (errs field.ErrorList) {
	if q.QueueLengthLimit <= 0 {
		errs = append(errs, field.Invalid(path.Child("queueLengthLimit"), q.QueueLengthLimit, "must be positive"))
	}
	if q.Queues <= 0 {
		errs = append(errs, field.Invalid(path.Child("queues"), q.Queues, "must be positive"))
	} else if q.Queues > mostQueues {
		errs = append(errs, field.Invalid(path.Child("queues"), q.Queues, fmt.Sprintf("must not be greater than %d", mostQueues)))
	}
	at := path.Child("handSize")
	if q.HandSize <= 0 {
		return append(errs, field.Invalid(at, q.HandSize, "must be positive"))
	}
	if q.HandSize > q.Queues {
		return append(errs, field.Invalid(at, q.HandSize, fmt.Sprintf("should not be greater than queues (%d)", q.Queues)))
	}
	if bits := shufflesharding.RequiredEntropyBits(int(q.Queues), int(q.HandSize)); bits > shufflesharding.MaxHashBits {
		errs = append(errs, field.Invalid(at, q.HandSize, fmt.Sprintf("required entropy bits of deckSize %d and handSize %d should not be greater than %d", q.Queues, q.HandSize, shufflesharding.MaxHashBits)))
	}
	return errs
}

func notNegative(path *field.Path, n *int32, when string) field.ErrorList {
	if n == nil || *n >= 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *n, when+"must be a non-negative integer")}
}

func percent(path *field.Path, n *int32) field.ErrorList {
	if n == nil || *n >= 0 && *n <= 100 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *n, "must be between 0 and 100, inclusive")}
}
