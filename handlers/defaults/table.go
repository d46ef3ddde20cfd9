package defaults

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Dependent are the kinds with more than generated defaults. Their functions call the generated method themselves, because
// some Dependent values must be decided before it and some after.
var Dependent = map[schema.GroupVersionKind]func(object.Object){

	kind("resource.k8s.io", "v1", "ResourceClaim"):              on(resourceClaimV1),
	kind("resource.k8s.io", "v1", "ResourceClaimTemplate"):      on(resourceClaimTemplateV1),
	kind("resource.k8s.io", "v1", "ResourceSlice"):              on(resourceSliceV1),
	kind("resource.k8s.io", "v1beta1", "ResourceClaim"):         on(resourceClaimV1beta1),
	kind("resource.k8s.io", "v1beta1", "ResourceClaimTemplate"): on(resourceClaimTemplateV1beta1),
	kind("resource.k8s.io", "v1beta1", "ResourceSlice"):         on(resourceSliceV1beta1),
	kind("resource.k8s.io", "v1beta2", "ResourceClaim"):         on(resourceClaimV1beta2),
	kind("resource.k8s.io", "v1beta2", "ResourceClaimTemplate"): on(resourceClaimTemplateV1beta2),
	kind("resource.k8s.io", "v1beta2", "ResourceSlice"):         on(resourceSliceV1beta2),
	kind("resource.k8s.io", "v1beta2", "DeviceTaintRule"):       on(deviceTaintRuleV1beta2),
	kind("resource.k8s.io", "v1alpha3", "DeviceTaintRule"):      on(deviceTaintRuleV1alpha3),
}
