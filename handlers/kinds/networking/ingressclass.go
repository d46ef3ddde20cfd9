package networking

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var ingressClasses = kind.Kind{
	Group: group, Resource: "ingressclasses", Strategy: ingressClass,
	Cells: kind.Cells{
		"defaultIngressClass": kind.CellOfValues(defaultIngressClass),
		"ingressParameters":   kind.CellOf(ingressParameters),
	},
}

const maxController = 250

func ingressClass(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ChangesFirst = true
	s.Validate = kind.Check(func(o *networkingv1.IngressClass) (errs field.ErrorList) {
		at := spec.Child("controller")
		if len(o.Spec.Controller) > maxController {
			errs = append(errs, field.TooLong(at, "", maxController))
		}
		if o.Spec.Controller == "" {
			errs = append(errs, field.Required(at, ""))
		} else {
			errs = append(errs, validation.IsDomainPrefixedPath(at, o.Spec.Controller)...)
		}
		if o.Spec.Parameters != nil {
			errs = append(errs, classParameters(o.Spec.Parameters, spec.Child("parameters"))...)
		}
		return errs
	})
}

// classParameters is the reference to the controller's parameters, which has a namespace if its scope is Namespace.
func classParameters(p *networkingv1.IngressClassParametersReference, path *field.Path) field.ErrorList {
	errs := typedReference(p.APIGroup, p.Kind, p.Name, path)
	switch scope := p.Scope; {
	case scope == nil:
		errs = append(errs, field.Required(path.Child("scope"), ""))
	case *scope == "Namespace" && p.Namespace == nil:
		errs = append(errs, field.Required(path.Child("namespace"), "`parameters.scope` is set to 'Namespace'"))
	case *scope == "Namespace":
		errs = append(errs, kind.DNSLabel(path.Child("namespace"), *p.Namespace)...)
	case *scope == "Cluster" && p.Namespace != nil:
		errs = append(errs, field.Forbidden(path.Child("namespace"), "`parameters.scope` is set to 'Cluster'"))
	case *scope != "Cluster":
		errs = append(errs, field.NotSupported(path.Child("scope"), *scope, []string{"Cluster", "Namespace"}))
	}
	return errs
}

func ingressParameters(c *networkingv1.IngressClass) string {
	p := c.Spec.Parameters
	if p == nil {
		return "<none>"
	}
	if p.APIGroup != nil {
		return p.Kind + "." + *p.APIGroup + "/" + p.Name
	}
	return p.Kind + "/" + p.Name
}

// defaultIngressClass is the name column, with "(default)"; its values are name and annotations.
func defaultIngressClass(v kind.Values, _ time.Time) any {
	if v.Pairs(1)["ingressclass.kubernetes.io/is-default-class"] == "true" {
		return v.Text(0) + " (default)"
	}
	return v.Text(0)
}
