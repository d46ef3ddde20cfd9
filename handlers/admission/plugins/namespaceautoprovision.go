package plugins

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// NamespaceAutoProvision creates the namespace of an object that comes into one that is not there.
type NamespaceAutoProvision struct {
	admission.On
	Namespaces lookup.Reader
	Write      resource.Writer
}

func newNamespaceAutoProvision(d *Deps) any {
	return &NamespaceAutoProvision{admission.On{admission.Create}, d.Cached, d.Write}
}

// Admit implements admission.Mutator. A namespace that a dry run would need is not made.
func (p *NamespaceAutoProvision) Admit(ctx context.Context, a *admission.Attributes) error {
	if a.DryRun || a.Namespace == "" || isNamespace(a) {
		return nil
	}
	_, err := p.Namespaces.Get(ctx, namespaces, "", a.Namespace)
	if err == nil {
		return nil
	}
	if !apierrors.IsNotFound(err) {
		return a.Forbidden(err)
	}
	err = p.Write.Create(ctx, resource.OwnWrite{Resource: namespaces}, &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: a.Namespace},
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return a.Forbidden(err)
	}
	return nil
}

func isNamespace(a *admission.Attributes) bool {
	return a.Resource.Kind == "Namespace" && a.Resource.KindGroup == ""
}
