package scheduling

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/api/validate"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var spec = field.NewPath("spec")

// The maximum number of claims.
const mostClaims = 4

// format applies a format of the library, which has its own wording.
type format func(context.Context, operation.Operation, *field.Path, *string, *string) field.ErrorList

func text(s string, path *field.Path, f format) field.ErrorList {
	if s == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return f(context.Background(), operation.Operation{}, path, &s, nil)
}

func podGroup(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = kind.Check(func(o *schedulingv1alpha2.PodGroup) (errs field.ErrorList) {
		g := &o.Spec
		if r := g.PodGroupTemplateRef; r != nil {
			errs = append(errs, templateRef(r, spec.Child("podGroupTemplateRef"))...)
		}
		errs = append(errs, policy(&g.SchedulingPolicy, spec.Child("schedulingPolicy"))...)
		errs = append(errs, constraints(g.SchedulingConstraints, spec.Child("schedulingConstraints"))...)
		errs = append(errs, claims(g.ResourceClaims, spec.Child("resourceClaims"))...)
		return append(errs, priority(g.PriorityClassName, g.Priority, spec)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *schedulingv1alpha2.PodGroup) (errs field.ErrorList) {
		for _, f := range []struct {
			name     string
			now, was any
		}{{"podGroupTemplateRef", o.Spec.PodGroupTemplateRef, old.Spec.PodGroupTemplateRef}, {"schedulingPolicy", o.Spec.SchedulingPolicy, old.Spec.SchedulingPolicy},
			{"schedulingConstraints", o.Spec.SchedulingConstraints, old.Spec.SchedulingConstraints}, {"resourceClaims", o.Spec.ResourceClaims, old.Spec.ResourceClaims},
			{"disruptionMode", o.Spec.DisruptionMode, old.Spec.DisruptionMode}, {"priorityClassName", o.Spec.PriorityClassName, old.Spec.PriorityClassName},
			{"priority", o.Spec.Priority, old.Spec.Priority}} {
			if !equality.Semantic.DeepEqual(f.now, f.was) {
				errs = append(errs, fixed(f.name))
			}
		}
		return errs
	})
}

func podGroupStatusRules(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *schedulingv1alpha2.PodGroup) field.ErrorList {
		at := field.NewPath("status")
		errs := metavalidation.ValidateConditions(o.Status.Conditions, at.Child("conditions"))
		names := map[string]bool{}
		for _, c := range o.Spec.ResourceClaims {
			names[c.Name] = true
		}
		seen := map[string]bool{}
		for i, c := range o.Status.ResourceClaimStatuses {
			if seen[c.Name] {
				errs = append(errs, field.Duplicate(at.Child("resourceClaimStatuses").Index(i), c))
			}
			seen[c.Name] = true
			if !names[c.Name] {
				errs = append(errs, field.Invalid(at.Child("resourceClaimStatuses").Index(i).Child("name"), c.Name, "must match the name of an entry in `spec.resourceClaims`"))
			}
		}
		return errs
	})
}

// fixed is the error for a changed field, without its value.
func fixed(name string) *field.Error { return field.Invalid(spec.Child(name), nil, kind.Immutable) }

func templateRef(r *schedulingv1alpha2.PodGroupTemplateReference, path *field.Path) field.ErrorList {
	if r.Workload == nil {
		return field.ErrorList{field.Invalid(path, "", "must specify one of: `workload`")}
	}
	at := path.Child("workload")
	errs := text(r.Workload.WorkloadName, at.Child("workloadName"), validate.LongName[string])
	return append(errs, text(r.Workload.PodGroupTemplateName, at.Child("podGroupTemplateName"), validate.ShortName[string])...)
}

// policy is a union of two.
func policy(p *schedulingv1alpha2.PodGroupSchedulingPolicy, path *field.Path) (errs field.ErrorList) {
	switch {
	case p.Basic == nil && p.Gang == nil:
		errs = append(errs, field.Invalid(path, "", "must specify one of: `basic`, `gang`"))
	case p.Basic != nil && p.Gang != nil:
		errs = append(errs, field.Invalid(path, "{basic, gang}", "must specify exactly one of: `basic`, `gang`"))
	}
	if p.Gang == nil {
		return errs
	}
	switch at := path.Child("gang", "minCount"); {
	case p.Gang.MinCount == 0:
		errs = append(errs, field.Required(at, ""))
	case p.Gang.MinCount < 1:
		errs = append(errs, field.Invalid(at, p.Gang.MinCount, "must be greater than or equal to 1"))
	}
	return errs
}

func constraints(c *schedulingv1alpha2.PodGroupSchedulingConstraints, path *field.Path) (errs field.ErrorList) {
	if c == nil {
		return nil
	}
	at := path.Child("topology")
	if n := len(c.Topology); n > 1 {
		return field.ErrorList{field.TooMany(at, n, 1)}
	}
	for i, t := range c.Topology {
		errs = append(errs, text(t.Key, at.Index(i).Child("key"), validate.LabelKey[string])...)
	}
	return errs
}

// mostPriority is left to users; what the system runs has more.
const mostPriority = 1000000000

// priority of a group of pods, by its class or its number.
func priority(class string, n *int32, path *field.Path) (errs field.ErrorList) {
	if class != "" {
		errs = text(class, path.Child("priorityClassName"), validate.LongName[string])
	}
	if n != nil && *n > mostPriority {
		errs = append(errs, field.Invalid(path.Child("priority"), *n, "must be less than or equal to 1000000000"))
	}
	return errs
}

func claims(list []schedulingv1alpha2.PodGroupResourceClaim, path *field.Path) (errs field.ErrorList) {
	if n := len(list); n > mostClaims {
		return field.ErrorList{field.TooMany(path, n, mostClaims)}
	}
	seen := map[string]bool{}
	for i, c := range list {
		if seen[c.Name] {
			errs = append(errs, field.Duplicate(path.Index(i), c))
		}
		seen[c.Name] = true
	}
	const members = "`resourceClaimName`, `resourceClaimTemplateName`"
	for i, c := range list {
		at := path.Index(i)
		switch one, other := c.ResourceClaimName != nil, c.ResourceClaimTemplateName != nil; {
		case one && other:
			errs = append(errs, field.Invalid(at, "{resourceClaimName, resourceClaimTemplateName}", "must specify exactly one of: "+members))
		case !one && !other:
			errs = append(errs, field.Invalid(at, "", "must specify one of: "+members))
		}
		errs = append(errs, text(c.Name, at.Child("name"), validate.ShortName[string])...)
		if n := c.ResourceClaimName; n != nil {
			errs = append(errs, validate.LongName(context.Background(), operation.Operation{}, at.Child("resourceClaimName"), n, nil)...)
		}
		if n := c.ResourceClaimTemplateName; n != nil {
			errs = append(errs, validate.LongName(context.Background(), operation.Operation{}, at.Child("resourceClaimTemplateName"), n, nil)...)
		}
	}
	return errs
}
