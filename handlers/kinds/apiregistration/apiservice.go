package apiregistration

import (
	"context"
	"fmt"
	"strings"
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
	Subresources: map[string]kind.Strategy{"status": apiServiceStatus},
	Cells:        kind.Cells{"serviceAvailable": kind.CellOfValues(serviceAvailable)},
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

func apiServiceStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *apiregistrationv1.APIService) (errs field.ErrorList) {
		for i, c := range o.Status.Conditions {
			errs = append(errs, kind.Among(field.NewPath("status", "conditions").Index(i).Child("status"), c.Status, "True", "False", "Unknown")...)
		}
		return errs
	})
}

func validateAPIService(o *apiregistrationv1.APIService) (errs field.ErrorList) {
	// Invalid and missing names have a fault already. A generated name is never valid.
	want := o.Spec.Version + "." + o.Spec.Group
	for _, of := range []struct{ field, name string }{{"generateName", o.GenerateName}, {"name", o.Name}} {
		if of.name != want && of.name != "" && len(kind.PathSegment(of.name, false)) == 0 {
			errs = append(errs, field.Invalid(field.NewPath("metadata", of.field), of.name, fmt.Sprintf("must be `spec.version+\".\"+spec.group`: %q", want)))
		}
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
		var port int32
		if o.Spec.Service.Port != nil {
			port = *o.Spec.Service.Port
		}
		if msgs := validation.IsValidPortNum(int(port)); len(msgs) > 0 {
			errs = append(errs, field.Invalid(spec.Child("service", "port"), port, "port is not valid: "+strings.Join(msgs, ", ")))
		}
		if o.Spec.InsecureSkipTLSVerify && len(o.Spec.CABundle) > 0 {
			errs = append(errs, field.Invalid(spec.Child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present"))
		}
	}
	return errs
}

// serviceAvailable is the column of the condition Available; its values are status and reason.
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
