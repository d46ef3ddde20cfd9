package controllers

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

func TestEnabled(t *testing.T) {
	for list, want := range map[string]string{
		"*": "true true", "": "false false", "serviceaccount-controller": "true false", "serviceaccount": "true false",
		"*,-serviceaccount-controller": "false true", "*,-root-ca-cert-publisher": "true false", "-*": "false false",
		"serviceaccount,-serviceaccount-controller": "false false", "-*,root-ca-certificate-publisher-controller": "false true",
		"nodelifecycle": "error",
	} {
		on, err := Enabled(strings.FieldsFunc(list, func(r rune) bool { return r == ',' }))
		got := "error"
		if err == nil {
			got = fmt.Sprint(on(ServiceAccounts), " ", on(RootCA))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", list, got, want)
		}
	}
}

// memory is a store with watches.
type memory struct {
	storage.Store
	mu       sync.Mutex
	revision int64
	keys     map[string]storage.KeyValue
	watchers []*watcher
	failures int
}

type watcher struct {
	prefix string
	events chan storage.Event
}

func (w *watcher) Events() <-chan storage.Event { return w.events }
func (w *watcher) Err() error                   { return nil }
func (w *watcher) Stop()                        {}

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

func (m *memory) Watch(ctx context.Context, prefix string, _ int64) (storage.Watcher, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &watcher{prefix, make(chan storage.Event, 100)}
	m.watchers = append(m.watchers, w)
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.watchers = slices.DeleteFunc(m.watchers, func(x *watcher) bool { return x == w })
		close(w.events)
	})
	return w, nil
}

func (m *memory) tell(e storage.Event) {
	for _, w := range m.watchers {
		if strings.HasPrefix(e.Key, w.prefix) {
			w.events <- e
		}
	}
}

func (m *memory) Create(_ context.Context, key string, value []byte, _ time.Duration) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failures > 0 {
		m.failures--
		return 0, storage.ErrUnavailable
	}
	if _, ok := m.keys[key]; ok {
		return 0, storage.ErrExists
	}
	m.revision++
	m.keys[key] = storage.KeyValue{Key: key, Value: bytes.Clone(value), Revision: m.revision}
	m.tell(storage.Event{Type: storage.Put, Key: key, Value: value, Revision: m.revision})
	return m.revision, nil
}

func (m *memory) Swap(_ context.Context, seen storage.KeyValue, value []byte, _ time.Duration) (storage.KeyValue, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kv, ok := m.keys[seen.Key]
	if !ok {
		return kv, false, storage.ErrNotFound
	}
	if kv.Revision != seen.Revision || bytes.Equal(value, kv.Value) {
		return kv, kv.Revision == seen.Revision, nil
	}
	m.revision++
	if value == nil {
		delete(m.keys, kv.Key)
		m.tell(storage.Event{Type: storage.Deleted, Key: kv.Key, Revision: m.revision})
		return kv, true, nil
	}
	kv.Value, kv.Revision = bytes.Clone(value), m.revision
	m.keys[kv.Key] = kv
	m.tell(storage.Event{Type: storage.Put, Key: kv.Key, Value: value, Revision: m.revision})
	return kv, true, nil
}

func (m *memory) Peek(context.Context, string) (storage.KeyValue, bool) {
	return storage.KeyValue{}, false
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

func newWorld(t *testing.T) (*memory, *resource.Objects) {
	t.Helper()
	var list []*resource.Resource
	for _, row := range resources.Rows {
		if row.Group != "" || row.Subresource != "" || !slices.Contains([]string{"namespaces", "serviceaccounts", "configmaps"}, row.Resource) {
			continue
		}
		r := &resource.Resource{Row: row}
		c, err := codec.NewBuiltin(r.GVK(), r.GVK(), nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Codec = c
		list = append(list, r)
	}
	m := &memory{keys: map[string]storage.KeyValue{}}
	return m, &resource.Objects{Store: m, Registry: resource.NewRegistry(list)}
}

func TestNamespaces(t *testing.T) {
	gvr := func(plural string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Version: "v1", Resource: plural}
	}
	synctest.Test(t, func(t *testing.T) {
		m, objects := newWorld(t)
		ctx, cancel := context.WithCancel(context.Background())
		create := func(plural string, o object.Object) {
			t.Helper()
			if err := objects.Create(ctx, gvr(plural), o); err != nil {
				t.Fatal(err)
			}
		}
		namespace := func(name, phase string) {
			create("namespaces", &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NamespaceStatus{Phase: phase}})
		}
		cm := func(namespace, ca string) {
			create("configmaps", &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: rootCAMap}, Data: map[string]string{"ca.crt": ca}})
		}
		has := func(what, want string) {
			t.Helper()
			synctest.Wait()
			list, err := objects.List(ctx, gvr("configmaps"), "")
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, o := range list {
				if o.GetName() == rootCAMap {
					got = append(got, o.GetNamespace()+"="+o.(*corev1.ConfigMap).Data["ca.crt"])
				}
			}
			if list, err = objects.List(ctx, gvr("serviceaccounts"), ""); err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				got = append(got, o.GetNamespace()+"/"+o.GetName())
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%s:\n got  %s\n want %s", what, s, want)
			}
		}
		namespace("a", "Active")
		namespace("b", "Active")
		namespace("going", "Terminating")
		cm("b", "old")
		m.failures = 1
		n, err := NewNamespaces(m, objects, []byte("CA"), func(string) bool { return true }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		has("the first failed, the old authority is renewed", "a=CA b=CA b/default")
		time.Sleep(2 * pause)
		has("after another try", "a=CA b=CA a/default b/default")
		namespace("c", "Active")
		has("a new namespace", "a=CA b=CA c=CA a/default b/default c/default")
		if err := objects.Delete(ctx, gvr("serviceaccounts"), "a", defaultAccount); err != nil {
			t.Fatal(err)
		}
		if err := objects.Delete(ctx, gvr("configmaps"), "b", rootCAMap); err != nil {
			t.Fatal(err)
		}
		has("what was deleted comes back", "a=CA b=CA c=CA a/default b/default c/default")
		if _, err := objects.Update(ctx, gvr("configmaps"), "c", rootCAMap, func(o object.Object) error {
			o.(*corev1.ConfigMap).Data["ca.crt"] = "KCM"
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		has("another controller's content stays", "a=CA b=CA c=KCM a/default b/default c/default")
		if _, err := objects.Update(ctx, gvr("namespaces"), "", "a", func(o object.Object) error {
			o.(*corev1.Namespace).Status.Phase = "Terminating"
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := objects.Delete(ctx, gvr("serviceaccounts"), "a", defaultAccount); err != nil {
			t.Fatal(err)
		}
		has("a namespace on its way out gets nothing", "a=CA b=CA c=KCM b/default c/default")
		cancel()
		<-done
	})
}

func TestSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, objects := newWorld(t)
		ctx, cancel := context.WithCancel(context.Background())
		if err := objects.Create(ctx, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}); err != nil {
			t.Fatal(err)
		}
		n, err := NewNamespaces(m, objects, []byte("CA"), func(name string) bool { return name == RootCA }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		synctest.Wait()
		if got := fmt.Sprint(slices.Sorted(maps.Keys(m.keys))); got != "[/configmaps/a/kube-root-ca.crt /namespaces/a]" {
			t.Error(got)
		}
		cancel()
		<-done
	})
}
