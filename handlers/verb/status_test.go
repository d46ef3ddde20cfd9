package verb

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// forms is one object in both forms that objects have.
func forms(name string, replicas int32, ready int32, label string) []object.Object {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"l": label}}}
	d.Spec.Replicas, d.Status.ReadyReplicas = &replicas, ready
	u := &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": name, "labels": map[string]any{"l": label}},
		"spec":     map[string]any{"replicas": int64(replicas)}, "status": map[string]any{"readyReplicas": int64(ready)},
	}}
	return []object.Object{d, u}
}

func TestStatusAndTheRest(t *testing.T) {
	for i, kind := range []string{"generated", "unstructured"} {
		old, o := forms("a", 1, 1, "old")[i], forms("a", 2, 2, "new")[i]
		copyStatus(o, old)
		if want := forms("a", 2, 1, "new")[i]; !equality.Semantic.DeepEqual(o, want) {
			t.Errorf("%s: a main write keeps the old status: %v", kind, o)
		}
		o = forms("a", 2, 2, "new")[i]
		keepAllButStatus(&resource.Resource{}, o, old)
		if want := forms("a", 1, 2, "new")[i]; !equality.Semantic.DeepEqual(o, want) {
			t.Errorf("%s: a status write keeps the old rest: %v", kind, o)
		}
		o = forms("a", 2, 2, "new")[i]
		keepAllButStatus(&resource.Resource{Row: resources.Row{StatusKeeps: []string{"labels"}}}, o, old)
		if want := forms("a", 1, 2, "old")[i]; !equality.Semantic.DeepEqual(o, want) {
			t.Errorf("%s: and the labels where the row says so: %v", kind, o)
		}
		clearStatus(o)
		if d, ok := o.(*appsv1.Deployment); ok && d.Status.ReadyReplicas != 0 {
			t.Error("the status is still there")
		}
		if u, ok := o.(*unstructured.Unstructured); ok && u.Object["status"] != nil {
			t.Error("the status is still there")
		}
	}
}

// What a custom object lost or gained beside its status is undone as well.
func TestStatusWriteOfUnstructured(t *testing.T) {
	old := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{}, "kept": "x"}}
	o := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{}, "added": "y", "status": "s"}}
	keepAllButStatus(&resource.Resource{}, o, old)
	if o.Object["kept"] != "x" || o.Object["added"] != nil || o.Object["status"] != "s" {
		t.Errorf("%v", o.Object)
	}
}
