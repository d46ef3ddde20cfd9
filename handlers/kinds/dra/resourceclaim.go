package dra

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var claims = kind.Kind{
	Group: group, Resource: "resourceclaims", Strategy: claim, MovedFields: moved,
	Subresources: map[string]kind.Strategy{"status": claimStatus},
	Cells:        kind.Cells{"claimState": kind.CellOfValues(claimState)},
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(resourceClaimV1), "v1beta1": kind.OnDefault(resourceClaimV1beta1), "v1beta2": kind.OnDefault(resourceClaimV1beta2),
	},
}

type resourceClaim = *resourcev1.ResourceClaim

// claim has an immutable spec.
func claim(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e, v := expressions{d.Features}, kind.Version[resourceClaim](row, "v1", moved)
	s.ValidateCreate = func(ctx context.Context, o object.Object) field.ErrorList {
		return v.Check(func(c resourceClaim) field.ErrorList {
			errs := requestsAccess(ctx, d, c.Namespace, c.Spec.Devices.Requests)
			return append(errs, e.claimSpec(&c.Spec.Devices, specPath.Child("devices"))...)
		})(ctx, o)
	}
	s.ValidateUpdate = kind.GeneratedName
	if row.Version != "v1" { // whose model says it
		s.ValidateUpdate = kind.CheckAllUpdate(kind.GeneratedName, v.CheckUpdate(func(o, old resourceClaim) field.ErrorList { return kind.Unchanged(o.Spec, old.Spec, specPath) }))
	}
}

// requestsAccess authorizes admin access in the requests of a claim.
func requestsAccess(ctx context.Context, d *kind.Deps, namespace string, list []resourcev1.DeviceRequest) field.ErrorList {
	return adminAccess(ctx, d, namespace, len(list), func(i int) *bool {
		if list[i].Exactly == nil {
			return nil
		}
		return list[i].Exactly.AdminAccess
	}, specPath.Child("devices", "requests"))
}

func resourceClaimV1(c *resourcev1.ResourceClaim) {
	requestsV1(c.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimV1beta1(c *resourcev1beta1.ResourceClaim) {
	requestsV1beta1(c.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimV1beta2(c *resourcev1beta2.ResourceClaim) {
	requestsV1beta2(c.Spec.Devices.Requests)
	c.SetDefaults()
}

// claimState is the state column; its values are the deletion timestamp, the allocation and reservedFor.
func claimState(v kind.Values, _ time.Time) any {
	deleted, allocated, reserved := v[0] != nil, v[1] != nil, v[2] != nil
	state := "pending"
	switch {
	case allocated && reserved:
		state = "allocated,reserved"
	case allocated:
		state = "allocated"
	case deleted:
		return "deleted"
	}
	if deleted {
		return "deleted," + state
	}
	return state
}
