package remote

import (
	"k8s.io/apimachinery/pkg/selection"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// review is a SubjectAccessReview in both versions of the API, which differ in the name of one field only.
type review struct {
	APIVersion string                                    `json:"apiVersion"`
	Kind       string                                    `json:"kind"`
	Metadata   struct{}                                  `json:"metadata"`
	Spec       question                                  `json:"spec"`
	Status     authorizationv1.SubjectAccessReviewStatus `json:"status"`
}

// question is the spec of a review. The groups are in one of two fields.
type question struct {
	Resource *authorizationv1.ResourceAttributes    `json:"resourceAttributes,omitempty"`
	Path     *authorizationv1.NonResourceAttributes `json:"nonResourceAttributes,omitempty"`
	User     string                                 `json:"user,omitempty"`
	Groups   []string                               `json:"groups,omitempty"`
	Group    []string                               `json:"group,omitempty"`
	Extra    map[string][]string                    `json:"extra,omitempty"`
	UID      string                                 `json:"uid,omitempty"`
}

func ask(a *authz.Attributes) question {
	q := question{User: a.User.Name, Groups: a.User.Groups, Extra: a.User.Extra, UID: a.User.UID}
	if !a.IsResource {
		q.Path = &authorizationv1.NonResourceAttributes{Path: a.Path, Verb: a.Verb}
		return q
	}
	q.Resource = &authorizationv1.ResourceAttributes{
		Namespace: a.Namespace, Verb: a.Verb, Group: a.Group, Version: a.Version, Resource: a.Resource, Subresource: a.Subresource, Name: a.Name,
	}
	// What could be understood of a selector is sent also when the rest could not: it asks for no less than is meant.
	if requirements := fieldRequirements(a); len(requirements) > 0 {
		q.Resource.FieldSelector = &authorizationv1.FieldSelectorAttributes{Requirements: requirements}
	}
	if requirements := labelRequirements(a); len(requirements) > 0 {
		q.Resource.LabelSelector = &authorizationv1.LabelSelectorAttributes{Requirements: requirements}
	}
	return q
}

func fieldRequirements(a *authz.Attributes) (out []metav1.FieldSelectorRequirement) {
	for _, r := range a.Fields {
		one := metav1.FieldSelectorRequirement{Key: r.Field, Values: []string{r.Value}}
		switch r.Operator {
		case selection.Equals, selection.DoubleEquals, selection.In:
			one.Operator = metav1.FieldSelectorOpIn
		case selection.NotEquals, selection.NotIn:
			one.Operator = metav1.FieldSelectorOpNotIn
		default:
			continue
		}
		out = append(out, one)
	}
	return out
}

func labelRequirements(a *authz.Attributes) (out []metav1.LabelSelectorRequirement) {
	for i := range a.Labels {
		r := &a.Labels[i]
		one := metav1.LabelSelectorRequirement{Key: r.Key()}
		if values := r.ValuesUnsorted(); len(values) > 0 {
			one.Values = values
		}
		switch r.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			one.Operator = metav1.LabelSelectorOpIn
		case selection.NotEquals, selection.NotIn:
			one.Operator = metav1.LabelSelectorOpNotIn
		case selection.Exists:
			one.Operator = metav1.LabelSelectorOpExists
		case selection.DoesNotExist:
			one.Operator = metav1.LabelSelectorOpDoesNotExist
		default:
			continue
		}
		out = append(out, one)
	}
	return out
}
