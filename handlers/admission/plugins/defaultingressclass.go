package plugins

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// DefaultIngressClass gives ingresses that name no class the default one.
type DefaultIngressClass struct {
	admission.On
	Classes lookup.Reader
}

func newDefaultIngressClass(d *Deps) any {
	return &DefaultIngressClass{admission.On{admission.Create}, d.Cached}
}

// Admit implements admission.Mutator.
func (p *DefaultIngressClass) Admit(ctx context.Context, a *admission.Attributes) error {
	if !a.Is("networking.k8s.io", "ingresses") {
		return nil
	}
	ingress, ok := a.Object.(*networkingv1.Ingress)
	if !ok {
		return apierrors.NewInternalError(fmt.Errorf("Expected Ingress resource, got: %v", a.Kind())) //nolint:staticcheck // upstream's words
	}
	if _, old := ingress.Annotations["kubernetes.io/ingress.class"]; old || ingress.Spec.IngressClassName != nil {
		return nil
	}
	classes, err := lookup.List[*networkingv1.IngressClass](ctx, p.Classes, ingressClasses, "")
	if err != nil {
		return a.Forbidden(err)
	}
	if def := newestDefault(classes, "ingressclass.kubernetes.io/is-default-class"); def != nil {
		name := def.GetName()
		ingress.Spec.IngressClassName = &name
	}
	return nil
}
