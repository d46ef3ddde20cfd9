package admissionregistration

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var bindingCells = kind.Cells{"paramRef": kind.CellOfValues(paramRef)}

// paramRef is the column of a binding's parameters; its values are name, namespace and selector. It does not know whether the
// parameters are namespaced, so a name without a namespace stands for all.
func paramRef(v kind.Values, _ time.Time) any {
	if name := v.Text(0); name != "" {
		return kind.FirstText(v.Text(1), "*") + "/" + name
	}
	if selector, ok := v[2].(*metav1.LabelSelector); ok {
		return selector.String()
	}
	return "<unset>"
}

// boundParams validates paramRef, which has a name or a selector.
func boundParams(p *admissionregistrationv1.ParamRef, path *field.Path) (errs field.ErrorList) {
	if p == nil {
		return nil
	}
	const both = "name and selector are mutually exclusive"
	if p.Name != "" {
		errs = append(errs, kind.Segment(path.Child("name"), p.Name)...)
		if p.Selector != nil {
			errs = append(errs, field.Forbidden(path.Child("name"), both))
		}
	}
	if p.Selector != nil {
		errs = append(errs, kind.LabelSelector(p.Selector, path.Child("selector"))...)
		if p.Name != "" {
			errs = append(errs, field.Forbidden(path.Child("selector"), both))
		}
	}
	if p.Name == "" && p.Selector == nil {
		errs = append(errs, field.Required(path, "one of name or selector must be specified"))
	}
	at := path.Child("parameterNotFoundAction")
	if action := p.ParameterNotFoundAction; action == nil || *action == "" {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = append(errs, kind.Among(at, *action, "Deny", "Allow")...)
	}
	return errs
}

// policyName validates the policyName of a binding.
func policyName(name string, path *field.Path) field.ErrorList {
	return kind.Needed(path, name, kind.DNSName)
}
