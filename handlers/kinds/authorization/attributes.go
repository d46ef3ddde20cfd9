package authorization

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// reviewed are the attributes of a review: of a resource or a non-resource path.
func reviewed(user *resource.UserInfo, in *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) authz.Attributes {
	a := authz.Attributes{User: user}
	if in == nil {
		if path != nil {
			a.Path, a.Verb = path.Path, path.Verb
		}
		return a
	}
	a.IsResource, a.Verb, a.Namespace, a.Name = true, in.Verb, in.Namespace, in.Name
	a.Group, a.Version, a.Resource, a.Subresource = in.Group, in.Version, in.Resource, in.Subresource
	if a.Version == "" {
		a.Version = "*"
	}
	if s := in.LabelSelector; s != nil {
		if s.RawSelector != "" {
			parsed, err := labels.Parse(s.RawSelector)
			if a.LabelsErr = err; err == nil {
				a.Labels, _ = parsed.Requirements()
			}
		}
		if len(s.Requirements) > 0 {
			a.Labels, a.LabelsErr = labelRequirements(s.Requirements)
		}
	}
	if s := in.FieldSelector; s != nil {
		if s.RawSelector != "" {
			parsed, err := fields.ParseSelector(s.RawSelector)
			if a.FieldsErr = err; err == nil {
				a.Fields = parsed.Requirements()
			}
		}
		if len(s.Requirements) > 0 {
			a.Fields, a.FieldsErr = fieldRequirements(s.Requirements)
		}
	}
	return a
}

var labelOperators = map[metav1.LabelSelectorOperator]selection.Operator{
	metav1.LabelSelectorOpIn: selection.In, metav1.LabelSelectorOpNotIn: selection.NotIn,
	metav1.LabelSelectorOpExists: selection.Exists, metav1.LabelSelectorOpDoesNotExist: selection.DoesNotExist,
}

// labelRequirements skips invalid requirements and returns an error about them. With fewer requirements the review is about more
// objects, so nothing is allowed by mistake.
func labelRequirements(in []metav1.LabelSelectorRequirement) (out labels.Requirements, err error) {
	var errs []error
	for _, r := range in {
		op, ok := labelOperators[r.Operator]
		if !ok {
			errs = append(errs, fmt.Errorf("%q is not a valid label selector operator", r.Operator))
			continue
		}
		parsed, err := labels.NewRequirement(r.Key, op, r.Values)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, *parsed)
	}
	if len(errs) == 0 {
		return out, nil
	}
	return out, utilerrors.NewAggregate(errs)
}

// fieldRequirements is labelRequirements for field selectors, whose requirements have one value.
func fieldRequirements(in []metav1.FieldSelectorRequirement) (out fields.Requirements, err error) {
	var errs []error
	for _, r := range in {
		op := selection.Equals
		switch {
		case len(r.Values) > 1:
			errs = append(errs, errors.New("fieldSelectors do not yet support multiple values"))
			continue
		case r.Operator == metav1.FieldSelectorOpExists, r.Operator == metav1.FieldSelectorOpDoesNotExist:
			errs = append(errs, fmt.Errorf("fieldSelectors do not yet support %v", r.Operator))
			continue
		case r.Operator == metav1.FieldSelectorOpNotIn:
			op = selection.NotEquals
		case r.Operator != metav1.FieldSelectorOpIn:
			errs = append(errs, fmt.Errorf("%q is not a valid field selector operator", r.Operator))
			continue
		}
		if len(r.Values) == 0 {
			errs = append(errs, fmt.Errorf("fieldSelectors %v must have one value", r.Operator))
			continue
		}
		out = append(out, fields.Requirement{Field: r.Key, Operator: op, Value: r.Values[0]})
	}
	if len(errs) == 0 {
		return out, nil
	}
	return out, utilerrors.NewAggregate(errs)
}

// evaluationError is the text of status.evaluationError.
func evaluationError(err error, a *authz.Attributes) string {
	var parts []string
	if err != nil {
		parts = append(parts, err.Error())
	}
	ignored := func(name string, understood int, err error) {
		switch {
		case err == nil:
		case understood > 0:
			parts = append(parts, "spec.resourceAttributes."+name+" partially ignored due to parse error")
		default:
			parts = append(parts, "spec.resourceAttributes."+name+" ignored due to parse error")
		}
	}
	ignored("fieldSelector", len(a.Fields), a.FieldsErr)
	ignored("labelSelector", len(a.Labels), a.LabelsErr)
	return strings.Join(parts, "; ")
}
