package controllers

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	"github.com/gatehouse-dev/gatehouse/handlers/resource/resourcetest"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
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

// failing is a store whose next creates fail.
type failing struct {
	storage.Store
	failures int
}

func (f *failing) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	if f.failures > 0 {
		f.failures--
		return 0, storage.ErrUnavailable
	}
	return f.Store.Create(ctx, key, value, ttl)
}

func newWorld(t *testing.T) (*failing, *resourcetest.Objects) {
	t.Helper()
	var list []*resource.Resource
	for _, row := range resources.Rows {
		if row.Group != "" || row.Subresource != "" || !slices.Contains([]string{"namespaces", "serviceaccounts", "configmaps"}, row.Resource) {
			continue
		}
		r := &resource.Resource{Row: row, Strategy: &resource.Strategy{}}
		c, err := codec.NewBuiltin(r.GVK(), r.GVK(), nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Codec = c
		list = append(list, r)
	}
	m := &failing{Store: memory.New(memory.Options{})}
	return m, resourcetest.New(&resource.Objects{Store: m, Registry: resource.NewRegistry(list)})
}

func writer(o *resourcetest.Objects) resource.Writer {
	return (&write.Writer{Store: o.Store, Registry: o.Registry, Now: time.Now}).Own()
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
		n, err := NewNamespaces(m, writer(objects), []byte("CA"), func(string) bool { return true }, slog.New(slog.DiscardHandler))
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
		n, err := NewNamespaces(m, writer(objects), []byte("CA"), func(name string) bool { return name == RootCA }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		synctest.Wait()
		all, err := m.List(ctx, "/", storage.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{}
		for _, kv := range all.Items {
			keys = append(keys, kv.Key)
		}
		if got := fmt.Sprint(keys); got != "[/configmaps/a/kube-root-ca.crt /namespaces/a]" {
			t.Error(got)
		}
		cancel()
		<-done
	})
}

// A change is of one namespace, and costs no look at all of them.
func TestOnlyWhatChangedIsLookedAt(t *testing.T) {
	_, objects := newWorld(t)
	n, err := NewNamespaces(objects.Store, writer(objects), []byte("CA"), func(string) bool { return true }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const many = 3000
	pair := func(c storage.Collection, namespace, name string, o object.Object) storage.KeyValue {
		b, err := n.codec.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		return storage.KeyValue{Key: c.Key(namespace, name), Value: b, Revision: 1}
	}
	n.Replace(namespaces, func(yield func(storage.KeyValue, error) bool) {
		for i := range many {
			name := fmt.Sprint("ns", i)
			if !yield(pair(followed[namespaces], "", name, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}), nil) {
				return
			}
		}
	})
	n.Publish()
	if list := n.needs(); len(list) != 2*many || len(n.dirty) > 0 {
		t.Fatalf("%d needs, %d namespaces still to be looked at", len(list), len(n.dirty))
	}
	for _, c := range []struct {
		what  string
		in    int
		event storage.Event
		looks int
		needs int
	}{
		{"another config map", configMaps, storage.Event{Type: storage.Put, Key: followed[configMaps].Key("ns7", "mine")}, 0, 0},
		{"its own", configMaps, storage.Event{Type: storage.Put, Key: followed[configMaps].Key("ns7", rootCAMap)}, 1, 1},
		{"its account is gone", accounts, storage.Event{Type: storage.Deleted, Key: followed[accounts].Key("ns8", defaultAccount)}, 1, 2},
		{"the namespace is gone", namespaces, storage.Event{Type: storage.Deleted, Key: followed[namespaces].Key("", "ns9")}, 1, 0},
	} {
		n.Change(c.in, c.event)
		if got := len(n.dirty); got != c.looks {
			t.Errorf("%s: %d namespaces are looked at, want %d", c.what, got, c.looks)
		}
		if list := n.needs(); len(list) != c.needs {
			t.Errorf("%s: %d needs, want %d", c.what, len(list), c.needs)
		}
	}
}
