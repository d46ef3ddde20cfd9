package apiregistration

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var apiServices = kind.Kind{
	Group: "apiregistration.k8s.io", Resource: "apiservices", Strategy: apiService,
	Cells: kind.Cells{"serviceAvailable": kind.CellOfValues(serviceAvailable)},
}

var spec = field.NewPath("spec")

func apiService(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *apiregistrationv1.APIService) error {
		if o.Spec.Service == nil {
			o.Status.Conditions = []apiregistrationv1.APIServiceCondition{{Type: "Available", Status: "True", Reason: "Local",
				Message: "Local APIServices are always available", LastTransitionTime: metav1.NewTime(d.Now().Truncate(time.Second))}}
		}
		return nil
	})
	s.ValidateName = kind.PathSegment
	s.Validate = kind.Check(validateAPIService)
}

func validateAPIService(o *apiregistrationv1.APIService) (errs field.ErrorList) {
	if want := o.Spec.Version + "." + o.Spec.Group; o.Name != want {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), o.Name, fmt.Sprintf("must be `spec.version+\".\"+spec.group`: %q", want)))
	}
	if o.Spec.Group == "" && o.Spec.Version != "v1" {
		errs = append(errs, field.Required(spec.Child("group"), "only v1 may have an empty group and it better be legacy kube"))
	}
	if o.Spec.Group != "" {
		for _, msg := range validation.IsDNS1123Subdomain(o.Spec.Group) {
			errs = append(errs, field.Invalid(spec.Child("group"), o.Spec.Group, msg))
		}
	}
	for _, msg := range validation.IsDNS1035Label(o.Spec.Version) {
		errs = append(errs, field.Invalid(spec.Child("version"), o.Spec.Version, msg))
	}
	if n := o.Spec.GroupPriorityMinimum; n <= 0 || n > 20000 {
		errs = append(errs, field.Invalid(spec.Child("groupPriorityMinimum"), n, "must be positive and less than 20000"))
	}
	if n := o.Spec.VersionPriority; n <= 0 || n > 1000 {
		errs = append(errs, field.Invalid(spec.Child("versionPriority"), n, "must be positive and less than 1000"))
	}
	switch {
	case o.Spec.Service == nil:
		if len(o.Spec.CABundle) > 0 {
			errs = append(errs, field.Invalid(spec.Child("caBundle"), fmt.Sprintf("%d bytes", len(o.Spec.CABundle)), "local APIServices may not have a caBundle"))
		}
		if o.Spec.InsecureSkipTLSVerify {
			errs = append(errs, field.Invalid(spec.Child("insecureSkipTLSVerify"), true, "local APIServices may not have insecureSkipTLSVerify"))
		}
	default:
		if o.Spec.Service.Namespace == "" {
			errs = append(errs, field.Required(spec.Child("service", "namespace"), ""))
		}
		if o.Spec.Service.Name == "" {
			errs = append(errs, field.Required(spec.Child("service", "name"), ""))
		}
		if o.Spec.InsecureSkipTLSVerify && len(o.Spec.CABundle) > 0 {
			errs = append(errs, field.Invalid(spec.Child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present"))
		}
	}
	return errs
}

// serviceAvailable gets status and reason of the condition Available.
func serviceAvailable(v kind.Values, _ time.Time) any {
	status, reason := v.Text(0), v.Text(1)
	switch {
	case v[0] == nil:
		return "Unknown"
	case status != "True" && reason != "":
		return status + " (" + reason + ")"
	}
	return status
}
