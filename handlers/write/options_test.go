package write

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestOptionsForAdmission(t *testing.T) {
	all := []string{"All"}
	created := &metav1.CreateOptions{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "CreateOptions"}, DryRun: all, FieldManager: "m", FieldValidation: "Warn"}
	updated := &metav1.UpdateOptions{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "UpdateOptions"}, DryRun: all, FieldManager: "m", FieldValidation: "Warn"}
	deleted := &metav1.DeleteOptions{DryRun: all}
	for _, c := range []struct {
		name string
		of   runtime.Object
		kind admission.Operation
		want runtime.Object
	}{
		{"create", &metav1.CreateOptions{DryRun: all, FieldManager: "m", FieldValidation: "Warn"}, admission.Create, created},
		{"update", &metav1.UpdateOptions{DryRun: all, FieldManager: "m", FieldValidation: "Warn"}, admission.Update, updated},
		{"an update that creates", &metav1.UpdateOptions{DryRun: all, FieldManager: "m", FieldValidation: "Warn"}, admission.Create, created},
		{"a patch", &metav1.PatchOptions{DryRun: all, FieldManager: "m", FieldValidation: "Warn"}, admission.Update, updated},
		{"an apply that creates", &metav1.PatchOptions{DryRun: all, FieldManager: "m", FieldValidation: "Warn"}, admission.Create, created},
		{"delete", deleted, admission.Delete, deleted},
		{"none", nil, admission.Create, nil},
	} {
		op := &operation{Request: &Request{Options: c.of}}
		got := op.optionsFor(c.kind)
		if (got == nil) != (c.want == nil) || got != nil && !object.Equal(&got, &c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
