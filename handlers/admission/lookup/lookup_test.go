package lookup_test

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

var limits = schema.GroupVersionResource{Version: "v1", Resource: "limitranges"}

func limitRanges(t *testing.T) *resource.Resource {
	t.Helper()
	for _, row := range resources.Rows {
		if row.Group == "" && row.Resource == "limitranges" {
			gvk := schema.GroupVersionKind{Version: "v1", Kind: "LimitRange"}
			c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return &resource.Resource{Row: row, Codec: c, Strategy: &resource.Strategy{}}
		}
	}
	t.Fatal("no row")
	return nil
}

func TestObjects(t *testing.T) {
	ctx := t.Context()
	res := limitRanges(t)
	store := cache.New(memory.New(memory.Options{}), cache.Options{})
	defer store.Close()
	registry := resource.NewRegistry([]*resource.Resource{res})
	objects := lookup.New(store, func() *resource.Registry { return registry })
	put := func(namespace, name, value string) {
		t.Helper()
		b, err := res.Encode(ctx, &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"v": value}}})
		if err != nil {
			t.Fatal(err)
		}
		key := res.ObjectKey(namespace, name)
		if old, found := store.Peek(ctx, key); found {
			if _, swapped, err := store.Swap(ctx, old, b, 0); !swapped || err != nil {
				t.Fatal(err)
			}
		} else if _, err := store.Create(ctx, key, b, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := store.View(ctx); err != nil { // so that the cache has it
			t.Fatal(err)
		}
	}
	live, cached := objects.Live(), objects.Cached()
	if _, err := cached.Get(ctx, limits, "a", "x"); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
	put("a", "x", "1")
	put("a", "y", "1")
	put("ab", "x", "1")
	first, err := lookup.Get[*corev1.LimitRange](ctx, live, limits, "a", "x")
	if err != nil || first.Labels["v"] != "1" || first.ResourceVersion == "" {
		t.Fatal(first, err)
	}
	if again, err := lookup.Get[*corev1.LimitRange](ctx, cached, limits, "a", "x"); again != first || err != nil {
		t.Error("an object that has not changed was decoded again", err)
	}
	list, err := lookup.List[*corev1.LimitRange](ctx, cached, limits, "a")
	if err != nil || len(list) != 2 || list[0] != first || list[1].Name != "y" {
		t.Error(list, err)
	}
	if all, err := lookup.List[*corev1.LimitRange](ctx, live, limits, ""); err != nil || len(all) != 3 {
		t.Error(all, err)
	}
	put("a", "x", "2")
	if next, err := lookup.Get[*corev1.LimitRange](ctx, live, limits, "a", "x"); err != nil || next.Labels["v"] != "2" || first.Labels["v"] != "1" {
		t.Error(next, err)
	}
	if none, err := lookup.List[*corev1.LimitRange](ctx, cached, limits, "none"); err != nil || none != nil {
		t.Error(none, err)
	}
	if _, err := lookup.Get[*corev1.Pod](ctx, live, limits, "a", "x"); err == nil {
		t.Error("a limit range is taken for a pod")
	}
	if _, err := live.Get(ctx, schema.GroupVersionResource{Version: "v1", Resource: "nosuch"}, "", "x"); err == nil {
		t.Error("what is not served is found")
	}
}

// However many objects are asked for, few stay decoded.
func TestObjectsAreBounded(t *testing.T) {
	ctx := t.Context()
	res := limitRanges(t)
	backend := memory.New(memory.Options{})
	const n = 5000
	for i := range n {
		b, err := res.Encode(ctx, &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: fmt.Sprint(i)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := backend.Create(ctx, res.ObjectKey("a", fmt.Sprint(i)), b, time.Duration(0)); err != nil {
			t.Fatal(err)
		}
	}
	store := cache.New(backend, cache.Options{})
	defer store.Close()
	registry := resource.NewRegistry([]*resource.Resource{res})
	objects := lookup.New(store, func() *resource.Registry { return registry })
	if list, err := objects.Live().List(ctx, limits, "a"); err != nil || len(list) != n {
		t.Fatal(len(list), err)
	}
	if kept := lookup.Kept(objects); kept != 4096 {
		t.Errorf("%d objects are kept", kept)
	}
}
