package dra

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var claimTemplates = kind.Kind{
	Group: group, Resource: "resourceclaimtemplates", Strategy: claimTemplate, MovedFields: moved,
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(resourceClaimTemplateV1), "v1beta1": kind.OnDefault(resourceClaimTemplateV1beta1), "v1beta2": kind.OnDefault(resourceClaimTemplateV1beta2),
	},
}

type resourceClaimTemplate = *resourcev1.ResourceClaimTemplate

func claimTemplate(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e, v := expressions{d.Features}, kind.Version[resourceClaimTemplate](row, "v1", moved)
	judge := func(o resourceClaimTemplate) field.ErrorList {
		errs := kind.ClaimMeta(&o.Spec.ObjectMeta, specPath.Child("metadata"))
		return append(errs, e.claimSpec(&o.Spec.Spec.Devices, specPath.Child("spec", "devices"))...)
	}
	s.ValidateCreate = func(ctx context.Context, o object.Object) field.ErrorList {
		return v.Check(func(o resourceClaimTemplate) field.ErrorList {
			return append(requestsAccess(ctx, d, o.Namespace, o.Spec.Spec.Devices.Requests), judge(o)...)
		})(ctx, o)
	}
	s.ValidateUpdate = kind.CheckAllUpdate(kind.GeneratedName, v.CheckUpdate(func(o, old resourceClaimTemplate) field.ErrorList {
		errs := judge(o)
		if row.Version == "v1" { // whose model says that it never changes
			return errs
		}
		return append(errs, kind.Unchanged(o.Spec, old.Spec, specPath)...)
	}))
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
