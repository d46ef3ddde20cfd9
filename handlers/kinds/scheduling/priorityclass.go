package scheduling

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	schedulingv1 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var priorityClasses = kind.Kind{Group: group, Resource: "priorityclasses", Strategy: priorityClass}

// highestUserPriority is the maximum value of classes that are not the system's.
const highestUserPriority = 1000000000

// systemPriorities are the classes that the server creates.
var systemPriorities = map[string]int32{"system-node-critical": 2000001000, "system-cluster-critical": 2000000000}

func priorityClass(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	// The value and the preemption policy are immutable, so the generation never changes.
	s.Changed = func(object.Object, object.Object) bool { return false }
	s.Validate = kind.Check(func(o *schedulingv1.PriorityClass) field.ErrorList {
		value, system := systemPriorities[o.Name]
		const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: "
		name := field.NewPath("metadata", "name")
		switch {
		case strings.HasPrefix(o.Name, "system-") && !system:
			return field.ErrorList{field.Forbidden(name, reserved+o.Name+" is not a known system priority class")}
		case system && o.Value != value:
			return field.ErrorList{field.Forbidden(name, reserved+"value of "+o.Name+" PriorityClass must be "+strconv.Itoa(int(value)))}
		case system && o.GlobalDefault:
			return field.ErrorList{field.Forbidden(name, reserved+"globalDefault of "+o.Name+" PriorityClass must be false")}
		case !system && o.Value > highestUserPriority:
			return field.ErrorList{field.Forbidden(field.NewPath("value"), "maximum allowed value of a user defined priority is "+strconv.Itoa(highestUserPriority))}
		}
		return nil
	})
	// The policy is immutable, so only creates validate it.
	s.ValidateCreate = kind.Check(func(o *schedulingv1.PriorityClass) field.ErrorList {
		at, known := field.NewPath("preemptionPolicy"), []string{"PreemptLowerPriority", "Never"}
		switch p := o.PreemptionPolicy; {
		case p == nil || slices.Contains(known, *p):
			return nil
		case *p == "":
			return field.ErrorList{field.Required(at, "")}
		default:
			return field.ErrorList{field.NotSupported(at, *p, known)}
		}
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *schedulingv1.PriorityClass) field.ErrorList {
		if o.Value != old.Value {
			return field.ErrorList{field.Forbidden(field.NewPath("value"), "may not be changed in an update.")}
		}
		return nil
	})
}
