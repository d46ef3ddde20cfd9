package admissionregistration

import (
	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var validatingConfigurations = kind.Kind{Group: group, Resource: "validatingwebhookconfigurations", Strategy: webhooks(validatingHooks)}

func validatingHooks(o object.Object) ([]hook, error) {
	c, ok := o.(*admissionregistrationv1.ValidatingWebhookConfiguration)
	if !ok {
		return nil, kind.WrongType(o)
	}
	hooks := make([]hook, len(c.Webhooks))
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		hooks[i] = hook{
			Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy, MatchPolicy: w.MatchPolicy,
			NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector, SideEffects: w.SideEffects, TimeoutSeconds: w.TimeoutSeconds,
			AdmissionReviewVersions: w.AdmissionReviewVersions, MatchConditions: w.MatchConditions,
		}
	}
	return hooks, nil
}
