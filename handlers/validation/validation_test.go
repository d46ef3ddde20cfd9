package validation_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

func fieldsOf(errs field.ErrorList) (out []string) {
	for _, e := range errs {
		out = append(out, e.Field)
	}
	return out
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// A fault that is stored already does not stand in the way of other changes; a new one does, also in the same field.
func TestFieldsUpdateToleratesOldFaults(t *testing.T) {
	old := &corev1.Service{Spec: corev1.ServiceSpec{SessionAffinity: "None", Type: "LoadBalancer", LoadBalancerSourceRanges: []string{"x"}}}
	same := old.DeepCopy()
	same.Labels = map[string]string{"a": "b"}
	equal(t, fieldsOf(kinds.FieldRules().Fields(old)), "spec.LoadBalancerSourceRanges[0]")
	equal(t, fieldsOf(kinds.FieldRules().FieldsUpdate(same, old)))

	worse := old.DeepCopy()
	worse.Spec.LoadBalancerSourceRanges = append(worse.Spec.LoadBalancerSourceRanges, "y")
	equal(t, fieldsOf(kinds.FieldRules().FieldsUpdate(worse, old)), "spec.LoadBalancerSourceRanges[1]")
}

// What a failing rule for a struct hides is found all the same.
func TestFaultsBelowFaultyStructs(t *testing.T) {
	template := &corev1.PodTemplate{Template: corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a b": "c"}},
		Spec:       corev1.PodSpec{},
	}}
	equal(t, fieldsOf(kinds.FieldRules().Fields(template)), "template.labels", "template.spec.containers", "template.spec.restartPolicy",
		"template.spec.dnsPolicy", "template.spec.terminationGracePeriodSeconds")
}

// A status is its writers' affair.
func TestStatusHasNoRules(t *testing.T) {
	ns := &corev1.Namespace{Status: corev1.NamespaceStatus{Phase: "Strange"}}
	equal(t, fieldsOf(kinds.FieldRules().Fields(ns)))
}

func TestUnstructuredHasNoRules(t *testing.T) {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.dev/v1", "kind": "Widget", "metadata": map[string]any{"name": "a", "finalizers": []any{"plain"}}}}
	equal(t, fieldsOf(kinds.FieldRules().Fields(u)))
	equal(t, fieldsOf(validation.Immutable(u, u)))
	// Custom resources may have finalizers without a domain; built-in kinds may not.
	equal(t, fieldsOf(validation.ObjectMeta(u, false, nil, field.NewPath("metadata"))))
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Finalizers: []string{"plain", "example.dev/mine", "orphan"}}}
	equal(t, fieldsOf(validation.ObjectMeta(cm, false, nil, field.NewPath("metadata"))), "metadata.finalizers[0]")
}

func TestObjectMetaUpdate(t *testing.T) {
	old := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "n", UID: "1", ResourceVersion: "5"}}
	now := old.DeepCopy()
	now.Labels = map[string]string{"a": "b"}
	equal(t, fieldsOf(validation.ObjectMetaUpdate(now, old)))
	now.UID, now.Name = "2", "b"
	equal(t, fieldsOf(validation.ObjectMetaUpdate(now, old)), "metadata.name", "metadata.uid")
}

// Two elements whose faults are told at their list are two faults.
func TestMergeComparesNothing(t *testing.T) {
	a := field.Required(field.NewPath("spec", "x"), "")
	b := field.Invalid(field.NewPath("spec", "y"), "v", "is wrong")
	equal(t, fieldsOf(validation.Merge(field.ErrorList{a, b}, nil, field.ErrorList{field.Required(field.NewPath("spec", "x"), ""), b})), "spec.x", "spec.y", "spec.x", "spec.y")
}
