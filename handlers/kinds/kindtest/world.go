package kindtest

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/resource/resourcetest"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// Everything is the number of keys in a store.
func Everything(t *testing.T, s storage.Store) int64 {
	t.Helper()
	n, err := s.Count(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	return n
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

func (plain) Conversion() resource.Conversion { return nil }

// straight writes to the store without rules.
type straight struct{ *resourcetest.Objects }

func (s straight) Create(ctx context.Context, w resource.OwnWrite, o object.Object) error {
	return s.Objects.Create(ctx, w.Resource, o)
}

func (s straight) Update(ctx context.Context, w resource.OwnWrite, change func(object.Object) error) (object.Object, error) {
	if w.DryRun {
		o, err := s.Get(ctx, w.Resource, w.Namespace, w.Name)
		if err == nil {
			err = change(o)
		}
		return o, err
	}
	return s.Objects.Update(ctx, w.Resource, w.Namespace, w.Name, change)
}

func (s straight) Delete(ctx context.Context, w resource.OwnWrite, _ *metav1.DeleteOptions) error {
	return s.Objects.Delete(ctx, w.Resource, w.Namespace, w.Name)
}

// World is the server of a strategy: a store, a fixed clock, and random numbers that are always the lowest.
func World(t *testing.T) (storage.Store, kind.Deps) {
	t.Helper()
	store := memory.New(memory.Options{})
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
	objects := resourcetest.New(&resource.Objects{Store: store, Registry: resource.NewRegistry(all)})
	return store, kind.Deps{Objects: objects.Objects, Store: store, Now: func() time.Time { return Time }, Rand: func(int) int { return 0 },
		Log:   slog.New(slog.DiscardHandler),
		Write: straight{objects}}
}

// Put stores an object.
func Put(t *testing.T, d kind.Deps, gvr schema.GroupVersionResource, o object.Object) {
	t.Helper()
	if err := resourcetest.New(d.Objects).Create(t.Context(), gvr, o); err != nil {
		t.Fatal(err)
	}
}

func gvr(row resources.Row) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: row.Group, Version: row.Version, Resource: row.Resource}
}
