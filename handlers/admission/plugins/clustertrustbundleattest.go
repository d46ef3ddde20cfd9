package plugins

import (
	"context"
	"fmt"

	certificatesv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1alpha1"
	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ClusterTrustBundleAttest lets only those write the bundle of a signer who may attest for it.
type ClusterTrustBundleAttest struct {
	admission.On
	authorizer authz.Authorizer
	enabled    bool
}

func newClusterTrustBundleAttest(d *Deps) any {
	return &ClusterTrustBundleAttest{admission.On{admission.Create, admission.Update}, d.Authorizer, d.Enabled("ClusterTrustBundle")}
}

// Validate implements admission.Validator.
func (p *ClusterTrustBundleAttest) Validate(ctx context.Context, a *admission.Attributes) error {
	if !p.enabled || a.Resource.Group != "certificates.k8s.io" || a.Resource.Resource != "clustertrustbundles" {
		return nil
	}
	signer, ok := signerOf(a.Object)
	if !ok {
		return a.Forbidden(unexpected("ClusterTrustBundle", a.Object))
	}
	if signer == "" || a.Operation == admission.Update && onlyOwnersChange(a.Object, a.Old) {
		return nil
	}
	if !mayActFor(ctx, p.authorizer, a.User, "attest", signer) {
		return a.Forbidden(fmt.Errorf("user not permitted to attest for signerName %q", signer))
	}
	return nil
}

// signerOf is the signer of a bundle in any version.
func signerOf(o object.Object) (string, bool) {
	switch bundle := o.(type) {
	case *certificatesv1beta1.ClusterTrustBundle:
		return bundle.Spec.SignerName, true
	case *certificatesv1alpha1.ClusterTrustBundle:
		return bundle.Spec.SignerName, true
	}
	return "", false
}

// onlyOwnersChange says whether an update touches nothing but what garbage collection lives by: owners and finalizers.
func onlyOwnersChange(o, old object.Object) bool {
	if old == nil {
		return false
	}
	rest := object.Copy(o)
	rest.SetOwnerReferences(old.GetOwnerReferences())
	rest.SetFinalizers(old.GetFinalizers())
	rest.SetManagedFields(old.GetManagedFields())
	return object.Equal(&rest, &old)
}
