package admissionregistration

import (
	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var mutatingConfigurations = kind.Kind{Group: group, Resource: "mutatingwebhookconfigurations", Strategy: webhooks(mutatingHooks)}

func mutatingHooks(o object.Object) ([]hook, error) {
	c, ok := o.(*admissionregistrationv1.MutatingWebhookConfiguration)
	if !ok {
		return nil, kind.WrongType(o)
	}
	return c.Webhooks, nil
}
