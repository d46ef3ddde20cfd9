package dra

import (
	"time"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var claims = kind.Kind{
	Group: group, Resource: "resourceclaims", Strategy: kind.Fixed("spec"), MovedFields: moved,
	Subresources: map[string]kind.Strategy{"status": claimStatus},
	Cells:        kind.Cells{"claimState": kind.CellOfValues(claimState)},
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(resourceClaimV1), "v1beta1": kind.OnDefault(resourceClaimV1beta1), "v1beta2": kind.OnDefault(resourceClaimV1beta2),
	},
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

// claimState gets the deletion time, the allocation and who has the claim reserved.
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
