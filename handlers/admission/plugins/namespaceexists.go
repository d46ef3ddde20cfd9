package plugins

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// NamespaceExists refuses everything that is done in a namespace that is not there, deletions too.
type NamespaceExists struct {
	admission.On
	Cached, Live lookup.Reader
}

func newNamespaceExists(d *Deps) any {
	return &NamespaceExists{admission.On{admission.Create, admission.Update, admission.Delete}, d.Cached, d.Live}
}

// Validate implements admission.Validator.
func (p *NamespaceExists) Validate(ctx context.Context, a *admission.Attributes) error {
	if a.Namespace == "" || isNamespace(a) {
		return nil
	}
	_, err := p.Cached.Get(ctx, namespaces, "", a.Namespace)
	if apierrors.IsNotFound(err) {
		_, err = p.Live.Get(ctx, namespaces, "", a.Namespace)
	}
	if err == nil || apierrors.IsNotFound(err) {
		return err
	}
	return apierrors.NewInternalError(err)
}
