package codec

import (
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func custom(members map[string]any) object.Object {
	content := map[string]any{"apiVersion": "example.dev/v1", "kind": "Widget", "metadata": map[string]any{"name": "a"}}
	for k, v := range members {
		content[k] = v
	}
	return &unstructured.Unstructured{Object: content}
}

func deployment(paused bool, replicas int32, label string) object.Object {
	d := &appsv1.Deployment{}
	d.Spec.Paused, d.Status.Replicas, d.Labels = paused, replicas, map[string]string{"a": label}
	return d
}

// TestParts: the status is kept from the rest in the same way for structs and maps.
func TestParts(t *testing.T) {
	typed, err := NewBuiltin(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	free := NewUnstructured(widget)
	labelled := func(label string) map[string]any {
		return map[string]any{"name": "a", "labels": map[string]any{"a": label}}
	}
	for _, c := range []struct {
		name   string
		codec  resource.Codec
		o, old object.Object
		want   map[string]object.Object
	}{
		{"struct", typed, deployment(true, 1, "new"), deployment(false, 2, "old"), map[string]object.Object{
			"clear": deployment(true, 0, "new"), "copy": deployment(true, 2, "new"), "keep": deployment(false, 1, "new"),
		}},
		{"map", free, custom(map[string]any{"spec": "new", "status": "new", "metadata": labelled("new"), "more": "new"}), custom(map[string]any{"spec": "old", "status": "old", "metadata": labelled("old"), "less": "old"}),
			map[string]object.Object{
				"clear": custom(map[string]any{"spec": "new", "metadata": labelled("new"), "more": "new"}),
				"copy":  custom(map[string]any{"spec": "new", "status": "old", "metadata": labelled("new"), "more": "new"}),
				"keep":  custom(map[string]any{"spec": "old", "status": "new", "metadata": labelled("new"), "less": "old"}),
			}},
		{"map without a status before", free, custom(map[string]any{"status": "new"}), custom(nil), map[string]object.Object{"clear": custom(nil), "copy": custom(nil), "keep": custom(map[string]any{"status": "new"})}},
		{"map without a status after", free, custom(nil), custom(map[string]any{"status": "old"}), map[string]object.Object{"clear": custom(nil), "copy": custom(map[string]any{"status": "old"}), "keep": custom(nil)}},
	} {
		for name, do := range map[string]func(o object.Object){
			"clear": c.codec.ClearStatus, "copy": func(o object.Object) { c.codec.CopyStatus(o, c.old) }, "keep": func(o object.Object) { c.codec.KeepAllButStatus(o, c.old) },
		} {
			o := object.Copy(c.o)
			if do(o); !reflect.DeepEqual(o, c.want[name]) {
				t.Errorf("%s: %s gives\n%+v, want\n%+v", c.name, name, o, c.want[name])
			}
		}
	}
	if s, ok := typed.Status(deployment(false, 3, "")).(*appsv1.DeploymentStatus); !ok || s.Replicas != 3 {
		t.Errorf("status of a struct: %v", s)
	}
	if free.Status(custom(map[string]any{"status": "a"})) != "a" || free.Status(custom(nil)) != nil {
		t.Error("status of a map")
	}
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	without, err := NewBuiltin(kind, kind, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, from := &corev1.ConfigMap{Data: map[string]string{"a": "1"}}, &corev1.ConfigMap{Data: map[string]string{"a": "2"}}
	without.ClearStatus(o)
	without.CopyStatus(o, from)
	if without.Status(o) != nil || o.Data["a"] != "1" {
		t.Error("a kind without a status was changed")
	}
	if without.KeepAllButStatus(o, from); o.Data["a"] != "2" {
		t.Error("content was not kept")
	}
}

func TestContentChanged(t *testing.T) {
	kind := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	typed, err := NewBuiltin(kind, kind, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	free := NewUnstructured(widget)
	for _, c := range []struct {
		name   string
		codec  resource.Codec
		o, old object.Object
		want   bool
	}{
		{"nothing", typed, deployment(true, 1, "a"), deployment(true, 1, "a"), false},
		{"spec", typed, deployment(true, 1, "a"), deployment(false, 1, "a"), true},
		{"status and metadata", typed, deployment(true, 1, "a"), deployment(true, 2, "b"), false},
		{"custom nothing", free, custom(map[string]any{"spec": int64(1)}), custom(map[string]any{"spec": int64(1)}), false},
		{"custom spec", free, custom(map[string]any{"spec": int64(1)}), custom(map[string]any{"spec": int64(2)}), true},
		{"custom status and metadata", free, custom(map[string]any{"status": "a", "metadata": map[string]any{}}), custom(nil), false},
		{"custom member more", free, custom(map[string]any{"data": "a"}), custom(nil), true},
		{"custom member less", free, custom(nil), custom(map[string]any{"data": "a"}), true},
		{"custom null", free, custom(map[string]any{"data": nil}), custom(nil), true},
	} {
		if got := c.codec.ContentChanged(c.o, c.old); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
