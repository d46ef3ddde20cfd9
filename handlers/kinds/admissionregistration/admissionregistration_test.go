package admissionregistration

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestStaticNames(t *testing.T) {
	const sentence = `metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API`
	for _, k := range Kinds {
		s := kindtest.Hooks(t, Kinds, "v1", k.Resource, "")
		kindtest.Warned(t, s, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "a.static.k8s.io"}}, nil, sentence)
		kindtest.Warned(t, s, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, nil)
	}
}

// A list that becomes empty is a change, even though it was absent before.
func TestWebhooksThatChange(t *testing.T) {
	changed := kindtest.Hooks(t, Kinds, "v1", "validatingwebhookconfigurations", "").Changed
	absent, empty := &admissionregistrationv1.ValidatingWebhookConfiguration{}, &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: []admissionregistrationv1.ValidatingWebhook{}}
	if changed(absent, absent) || changed(empty, empty) || !changed(empty, absent) {
		t.Error("absent and empty are the same")
	}
}
