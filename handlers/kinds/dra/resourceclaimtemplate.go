package dra

import (
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var claimTemplates = kind.Kind{
	Group: group, Resource: "resourceclaimtemplates", Strategy: kind.Fixed("spec"), MovedFields: moved,
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(resourceClaimTemplateV1), "v1beta1": kind.OnDefault(resourceClaimTemplateV1beta1), "v1beta2": kind.OnDefault(resourceClaimTemplateV1beta2),
	},
}

func resourceClaimTemplateV1(c *resourcev1.ResourceClaimTemplate) {
	requestsV1(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimTemplateV1beta1(c *resourcev1beta1.ResourceClaimTemplate) {
	requestsV1beta1(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimTemplateV1beta2(c *resourcev1beta2.ResourceClaimTemplate) {
	requestsV1beta2(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}
