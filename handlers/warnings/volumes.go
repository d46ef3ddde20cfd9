package warnings

import (
	"k8s.io/apimachinery/pkg/api/equality"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// csiDriver is about tokens that end up where drivers may log them.
func csiDriver(o *storagev1.CSIDriver, old object.Object) []string {
	if len(o.Spec.TokenRequests) == 0 || o.Spec.ServiceAccountTokenInSecrets != nil {
		return nil
	}
	if was, ok := old.(*storagev1.CSIDriver); ok && equality.Semantic.DeepEqual(was.Spec.TokenRequests, o.Spec.TokenRequests) {
		return nil
	}
	return []string{"spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"}
}
