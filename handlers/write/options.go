package write

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// optionsFor are the options that admission is shown: those of the operation, whichever verb led to it. An update that creates has
// CreateOptions, a patch has those of what it does.
func (op *operation) optionsFor(kind admission.Operation) runtime.Object {
	var dryRun []string
	var manager, validation string
	switch o := op.Options.(type) {
	case *metav1.CreateOptions:
		dryRun, manager, validation = o.DryRun, o.FieldManager, o.FieldValidation
	case *metav1.UpdateOptions:
		dryRun, manager, validation = o.DryRun, o.FieldManager, o.FieldValidation
	case *metav1.PatchOptions:
		dryRun, manager, validation = o.DryRun, o.FieldManager, o.FieldValidation
	default:
		return op.Options
	}
	switch kind {
	case admission.Create:
		return &metav1.CreateOptions{TypeMeta: optionsMeta("CreateOptions"), DryRun: dryRun, FieldManager: manager, FieldValidation: validation}
	case admission.Update:
		return &metav1.UpdateOptions{TypeMeta: optionsMeta("UpdateOptions"), DryRun: dryRun, FieldManager: manager, FieldValidation: validation}
	}
	return op.Options
}

func optionsMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: metav1.SchemeGroupVersion.String(), Kind: kind}
}
