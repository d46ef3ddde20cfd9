package strategy

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// everything is how many keys a store has, and kept what lies under one; nil for nothing.
func everything(t *testing.T, s storage.Store) int64 {
	t.Helper()
	n, err := s.Count(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func kept(t *testing.T, s storage.Store, key string) []byte {
	t.Helper()
	kv, _, err := s.Get(t.Context(), key)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		t.Fatal(err)
	}
	return kv.Value
}

// plain keeps objects as JSON.
type plain struct {
	resource.Codec
	gvk schema.GroupVersionKind
}

func (c plain) Encode(o object.Object) ([]byte, error) { return json.Marshal(o) }

func (c plain) Decode(stored []byte, revision int64) (object.Object, error) {
	o := resources.Kinds[c.gvk]().(object.Object)
	if err := json.Unmarshal(stored, o); err != nil {
		return nil, err
	}
	o.SetResourceVersion(strconv.FormatInt(revision, 10))
	return o, nil
}

// world is what strategies see of a server: a store, a clock that stands, numbers that are always the lowest.
func world(t *testing.T) (storage.Store, Deps) {
	t.Helper()
	store, err := embedded.Open(t.Context(), embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	var all []*resource.Resource
	for _, row := range resources.Rows {
		if row.Subresource == "" && row.Storage != "" {
			all = append(all, &resource.Resource{Row: row, Codec: plain{gvk: gvr(row).GroupVersion().WithKind(row.Kind)}})
		}
	}
	objects := &resource.Objects{Store: store, Registry: resource.NewRegistry(all)}
	return store, Deps{Objects: objects, Store: store, Now: func() time.Time { return someTime }, Rand: func(int) int { return 0 },
		Log: slog.New(slog.DiscardHandler),
		Delete: func(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string, _ *metav1.DeleteOptions) error {
			return objects.Delete(ctx, gvr, namespace, name)
		}}
}

func put(t *testing.T, d Deps, gvr schema.GroupVersionResource, o object.Object) {
	t.Helper()
	if err := d.Objects.Create(background, gvr, o); err != nil {
		t.Fatal(err)
	}
}

func gvr(row resources.Row) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: row.Group, Version: row.Version, Resource: row.Resource}
}
