package core

import (
	"reflect"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestNamespaceLife(t *testing.T) {
	s := hooks(t, "v1", "namespaces", "")
	ns := kindtest.Parse[corev1.Namespace](t, `{metadata: {name: a}, spec: {finalizers: [example.com/x]}, status: {phase: Terminating}}`)
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), ns); err != nil {
		t.Fatal(err)
	}
	if ns.Status.Phase != "Active" || ns.Labels[nameLabel] != "a" || !reflect.DeepEqual(ns.Spec.Finalizers, []string{"example.com/x", "kubernetes"}) {
		t.Errorf("created: %+v", ns)
	}
	if !s.Retain(ns) {
		t.Error("finalizers of spec do not retain")
	}
	deleted, err := s.BeforeDelete(t.Context(), ns, &metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationForeground)})
	if err != nil {
		t.Fatal(err)
	}
	d := deleted.(*corev1.Namespace)
	if d.Status.Phase != "Terminating" || !d.DeletionTimestamp.Time.Equal(kindtest.Time) || !reflect.DeepEqual(d.Finalizers, []string{"foregroundDeletion"}) {
		t.Errorf("deleted: %+v", d)
	}
	if ns.DeletionTimestamp != nil {
		t.Error("the live object was changed")
	}
	again, err := s.BeforeDelete(t.Context(), d, nil)
	if err != nil || !reflect.DeepEqual(again, deleted) {
		t.Errorf("a second delete changes %v (%v)", again, err)
	}
	d.Spec.Finalizers = nil
	if gone, err := s.BeforeDelete(t.Context(), d, nil); gone != nil || err != nil || s.Retain(d) {
		t.Errorf("an emptied namespace stays: %v %v", gone, err)
	}
}

func TestNamespaceUpdates(t *testing.T) {
	old := kindtest.Parse[corev1.Namespace](t, `{metadata: {name: a}, spec: {finalizers: [kubernetes]}, status: {phase: Active}}`)
	ns := kindtest.Parse[corev1.Namespace](t, `{metadata: {name: a, labels: {kubernetes.io/metadata.name: b}}}`)
	if err := hooks(t, "v1", "namespaces", "").PrepareForUpdate(t.Context(), kindtest.Attempt(), ns, old); err != nil {
		t.Fatal(err)
	}
	if ns.Labels[nameLabel] != "a" || len(ns.Spec.Finalizers) != 1 {
		t.Errorf("updated: %+v", ns)
	}
	finalize := hooks(t, "v1", "namespaces", "finalize")
	ns = kindtest.Parse[corev1.Namespace](t, `{metadata: {name: a}, spec: {finalizers: [wrong, "b/c"]}}`)
	if err := finalize.PrepareForUpdate(t.Context(), kindtest.Attempt(), ns, old); err != nil {
		t.Fatal(err)
	}
	if ns.Status.Phase != "Active" {
		t.Error("finalize changed the status")
	}
	want := []string{`spec.finalizers[0]: Invalid value: "wrong": name is neither a standard finalizer name nor is it fully qualified`}
	if got := kindtest.Verdict(finalize, ns, old); !slices.Equal(got, want) {
		t.Errorf("finalize: %q", got)
	}
	status := hooks(t, "v1", "namespaces", "status")
	now := metav1.NewTime(time.Now())
	for _, c := range []struct {
		deleted *metav1.Time
		phase   string
		want    []string
	}{
		{nil, "Active", nil}, {&now, "Terminating", nil},
		{nil, "Terminating", []string{"status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"}},
		{&now, "Active", []string{"status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty"}},
	} {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: c.deleted}, Status: corev1.NamespaceStatus{Phase: c.phase}}
		if got := kindtest.Verdict(status, ns, old); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.phase, got)
		}
	}
}
