package strategy

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// memory keeps keys for one test, with the store's promises as far as strategies need them.
type memory struct {
	storage.Store
	mu       sync.Mutex
	revision int64
	keys     map[string]storage.KeyValue
}

func (m *memory) Get(_ context.Context, key string) (storage.KeyValue, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kv, ok := m.keys[key]
	if !ok {
		return kv, m.revision, storage.ErrNotFound
	}
	return kv, m.revision, nil
}

func (m *memory) List(_ context.Context, prefix string, _ storage.ListOptions) (storage.ListResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := storage.ListResult{Revision: m.revision}
	for _, k := range slices.Sorted(maps.Keys(m.keys)) {
		if strings.HasPrefix(k, prefix) {
			out.Items = append(out.Items, m.keys[k])
		}
	}
	return out, nil
}

func (m *memory) Create(_ context.Context, key string, value []byte, _ time.Duration) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[key]; ok {
		return 0, storage.ErrExists
	}
	m.revision++
	m.keys[key] = storage.KeyValue{Key: key, Value: bytes.Clone(value), Revision: m.revision}
	return m.revision, nil
}

func (m *memory) Update(_ context.Context, key string, _ time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kv, ok := m.keys[key]
	if !ok {
		return kv, storage.ErrNotFound
	}
	value, err := next(kv)
	if err != nil {
		return kv, err
	}
	m.revision++
	kv.Value, kv.Revision = bytes.Clone(value), m.revision
	if m.keys[key] = kv; value == nil {
		delete(m.keys, key)
	}
	return kv, nil
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

// world is what strategies see of a server: objects in memory, a clock that stands, numbers that are always the lowest.
func world(t *testing.T) (*memory, Deps) {
	t.Helper()
	store := &memory{keys: map[string]storage.KeyValue{}}
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
