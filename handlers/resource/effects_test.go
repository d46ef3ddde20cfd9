package resource

import (
	"context"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestEffects(t *testing.T) {
	for _, c := range []struct {
		stored bool
		want   []string
	}{{true, []string{"free 2", "free 1"}}, {false, []string{"give back"}}} {
		ctx, e := WithEffects(context.Background())
		var got []string
		EffectsFrom(ctx).OnStored(func() { got = append(got, "free 1") })
		EffectsFrom(ctx).OnStored(func() { got = append(got, "free 2") })
		EffectsFrom(ctx).OnFailure(func() { got = append(got, "give back") })
		e.Done(c.stored)
		e.Done(!c.stored)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("stored=%v ran %v, want %v", c.stored, got, c.want)
		}
	}
	EffectsFrom(context.Background()).OnFailure(func() { t.Error("ran without an attempt") })
}

func TestUserAndDryRun(t *testing.T) {
	ctx := context.Background()
	if _, ok := UserFrom(ctx); ok || IsDryRun(ctx) {
		t.Error("an empty context has a user or a dry run")
	}
	ctx = WithDryRun(WithUser(ctx, UserInfo{Name: "ann"}))
	if u, ok := UserFrom(ctx); !ok || u.Name != "ann" || !IsDryRun(ctx) {
		t.Errorf("user %v %v, dry run %v", u, ok, IsDryRun(ctx))
	}
}

func TestContentChanged(t *testing.T) {
	base := func() *appsv1.Deployment { return &appsv1.Deployment{} }
	spec, status, meta := base(), base(), base()
	spec.Spec.Paused = true
	status.Status.Replicas = 2
	meta.Labels = map[string]string{"a": "b"}
	custom := func(k string, v any) object.Object {
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "a/v1", "kind": "A", k: v}}
	}
	for _, c := range []struct {
		name   string
		o, old object.Object
		want   bool
	}{
		{"nothing", base(), base(), false},
		{"spec", spec, base(), true},
		{"status", status, base(), false},
		{"metadata", meta, base(), false},
		{"other kind", base(), &appsv1.ReplicaSet{}, true},
		{"custom spec", custom("spec", "a"), custom("spec", "b"), true},
		{"custom status", custom("status", "a"), custom("status", "b"), false},
	} {
		if got := ContentChanged(c.o, c.old); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
