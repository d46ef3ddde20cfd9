package dra

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
)

// mostChoices is the maximum number of valid values of a policy.
const mostChoices = 10

// capacity allows a request policy only for devices that several claims may share.
func capacity(c *resourcev1.DeviceCapacity, shared bool, path *field.Path) field.ErrorList {
	path = path.Child("requestPolicy")
	p := c.RequestPolicy
	switch {
	case p == nil:
		return nil
	case !shared:
		return field.ErrorList{field.Forbidden(path, "allowMultipleAllocations must be true")}
	case len(p.ValidValues) > 0 && p.ValidRange != nil:
		return field.ErrorList{field.Forbidden(path, `exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`)}
	case len(p.ValidValues) > 0 && p.Default == nil:
		return field.ErrorList{field.Required(path.Child("default"), "required when validValues is defined")}
	case len(p.ValidValues) > 0:
		return choices(p, &c.Value, path.Child("validValues"))
	case p.ValidRange != nil && p.Default == nil:
		return field.ErrorList{field.Required(path.Child("default"), "required when validRange is defined")}
	case p.ValidRange != nil:
		return amounts(p.ValidRange, p.Default, &c.Value, path.Child("validRange"))
	}
	return nil
}

// choices requires ascending values, one of which is the default.
func choices(p *resourcev1.CapacityRequestPolicy, all *resource.Quantity, path *field.Path) (errs field.ErrorList) {
	for i := 1; i < len(p.ValidValues); i++ {
		if p.ValidValues[i-1].Cmp(p.ValidValues[i]) > 0 {
			errs = append(errs, field.Invalid(path.Index(i), p.ValidValues[i].String(), "values must be sorted in ascending order"))
		}
	}
	found := false
	errs = append(errs, limitedSet(p.ValidValues, mostChoices, path, func(q *resource.Quantity, path *field.Path) field.ErrorList {
		if found = found || q.Cmp(*p.Default) == 0; q.Cmp(*all) > 0 {
			return field.ErrorList{field.Invalid(path, q.String(), "option is larger than capacity value: "+all.String())}
		}
		return nil
	}, func(q *resource.Quantity) string { return strconv.FormatInt(q.Value(), 10) })...)
	if !found {
		errs = append(errs, field.Invalid(path, p.Default.String(), "default value is not valid according to the requestPolicy"))
	}
	return errs
}

// amounts validates a range with steps, which contains the default.
func amounts(r *resourcev1.CapacityRequestPolicyRange, usual, all *resource.Quantity, path *field.Path) (errs field.ErrorList) {
	low, high := path.Child("min"), path.Child("max")
	if r.Min == nil {
		return field.ErrorList{field.Required(low, "required when validRange is defined")}
	}
	tell := func(when bool, path *field.Path, q *resource.Quantity, format string, than *resource.Quantity) {
		if when {
			errs = append(errs, field.Invalid(path, q.String(), fmt.Sprintf(format, than.String())))
		}
	}
	tell(r.Min.Cmp(*all) > 0, low, r.Min, "min is larger than capacity value: %s", all)
	tell(usual.Cmp(*r.Min) < 0, low, usual, "default is less than min: %s", r.Min)
	if r.Max != nil {
		tell(r.Min.Cmp(*r.Max) > 0, high, r.Min, "min is larger than max: %s", r.Max)
		tell(r.Max.Cmp(*all) > 0, high, r.Max, "max is larger than capacity value: %s", all)
		tell(usual.Cmp(*r.Max) > 0, high, usual, "default is more than max: %s", r.Max)
	}
	if r.Step == nil {
		return errs
	}
	one := r.Min.DeepCopy()
	one.Add(*r.Step)
	if one.Cmp(*all) > 0 {
		errs = append(errs, field.Invalid(path.Child("step"), r.Step.String(), fmt.Sprintf("one step %s is larger than capacity value: %s", one.String(), all.String())))
	}
	errs = append(errs, onStep(usual, r, path.Child("step"))...)
	if r.Max != nil {
		errs = append(errs, onStep(r.Max, r, path.Child("step"))...)
	}
	return errs
}

// onStep reports whether an amount is the minimum plus whole steps. A step of zero contains no amount; upstream divides by it.
func onStep(q *resource.Quantity, r *resourcev1.CapacityRequestPolicyRange, path *field.Path) field.ErrorList {
	if step := r.Step.Value(); step != 0 && (q.Value()-r.Min.Value())%step == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, q.String(), fmt.Sprintf("value is not a multiple of a given step (%s) from (%s)", r.Step.String(), r.Min.String()))}
}
