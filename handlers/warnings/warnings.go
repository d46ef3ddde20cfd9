// Package warnings finds what is accepted in an object and yet deserves a word to its writer: deprecated fields, labels and
// annotations, definitions that hide each other, values that do not mean what they seem to mean. The sentences and the
// order they come in are the original's.
//
// Nothing here refuses or changes anything. Objects are valid when they get here.
package warnings

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"
	admissionv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1alpha1"
	admissionv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1beta1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var (
	spec     = field.NewPath("spec")
	metadata = field.NewPath("metadata")
)

// Of are the sentences about a new object or, where old is not nil, about one that replaces old. A kind that nothing is
// said of has none.
func Of(o, old object.Object) []string {
	switch o := o.(type) {
	case *resourcev1.ResourceSlice:
		return driverName(o.Spec.Driver)
	case *resourcev1beta1.ResourceSlice:
		return driverName(o.Spec.Driver)
	case *resourcev1beta2.ResourceSlice:
		return driverName(o.Spec.Driver)
	case *admissionv1.ValidatingWebhookConfiguration, *admissionv1.MutatingWebhookConfiguration,
		*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding,
		*admissionv1.MutatingAdmissionPolicy, *admissionv1.MutatingAdmissionPolicyBinding,
		*admissionv1beta1.MutatingAdmissionPolicy, *admissionv1beta1.MutatingAdmissionPolicyBinding,
		*admissionv1alpha1.MutatingAdmissionPolicy, *admissionv1alpha1.MutatingAdmissionPolicyBinding:
		return staticName(o.GetName())
	}
	return nil
}
