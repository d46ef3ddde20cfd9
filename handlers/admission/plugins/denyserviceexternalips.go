package plugins

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// DenyServiceExternalIPs refuses external addresses that a service has not had: whoever may set them gets the traffic of others.
type DenyServiceExternalIPs struct{ admission.On }

func newDenyServiceExternalIPs(*Deps) any {
	return &DenyServiceExternalIPs{admission.On{admission.Create, admission.Update}}
}

var errExternalIPs = errors.New("Use of external IPs is denied by admission control") //nolint:staticcheck // upstream's words

// Validate implements admission.Validator.
func (*DenyServiceExternalIPs) Validate(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "services") {
		return nil
	}
	service, ok := a.Object.(*corev1.Service)
	if !ok {
		return apierrors.NewInternalError(fmt.Errorf("Expected Service resource, got: %v", a.Kind())) //nolint:staticcheck // upstream's words
	}
	var had []string
	if old, ok := a.Old.(*corev1.Service); ok {
		had = slices.Sorted(slices.Values(old.Spec.ExternalIPs))
	}
	for _, ip := range service.Spec.ExternalIPs {
		if _, found := slices.BinarySearch(had, ip); !found {
			return a.Forbidden(errExternalIPs)
		}
	}
	return nil
}
