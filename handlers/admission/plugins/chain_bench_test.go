package plugins_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	schedulingv1 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/plugins"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// withQuota are the plugins of the default chain that have a bound of their own.
var withQuota = []string{"LimitRanger", "PodSecurity", "ResourceQuota"}

// chain is the default chain over a store with a namespace, its account and the classes of priority that a cluster has.
func chain(tb testing.TB, disable []string) *admission.Chain {
	tb.Helper()
	var all []*resource.Resource
	for _, row := range resources.Rows {
		if !row.Enabled || row.Subresource != "" || row.Storage == "" || row.KindVersion != row.Version {
			continue
		}
		gvk := schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
		if c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil); err == nil {
			all = append(all, &resource.Resource{Row: row, Codec: c, Strategy: &resource.Strategy{}})
		}
	}
	registry := resource.NewRegistry(all)
	store := cache.New(memory.New(memory.Options{}), cache.Options{})
	tb.Cleanup(func() { _ = store.Close() })
	put := func(gvr schema.GroupVersionResource, o object.Object) {
		res := registry.Get(gvr)
		b, err := res.Encode(tb.Context(), o)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := store.Create(tb.Context(), res.ObjectKey(o.GetNamespace(), o.GetName()), b, 0); err != nil {
			tb.Fatal(err)
		}
	}
	core := func(plural string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Version: "v1", Resource: plural}
	}
	put(core("namespaces"), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns"}, Status: corev1.NamespaceStatus{Phase: "Active"}})
	put(core("serviceaccounts"), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "default"}})
	classes := schema.GroupVersionResource{Group: "scheduling.k8s.io", Version: "v1", Resource: "priorityclasses"}
	for _, name := range []string{"system-node-critical", "system-cluster-critical"} {
		put(classes, &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Value: 2e9})
	}
	objects := lookup.New(store, func() *resource.Registry { return registry })
	made, err := plugins.New(&plugins.Deps{
		Cached: objects.Cached(), Live: objects.Live(), Authorizer: authz.AlwaysAllow{}, Enabled: func(string) bool { return false },
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}, &admission.Selection{Disable: disable})
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func benchPod() *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}
	for i := range 2 {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: fmt.Sprint("c", i), Image: "registry.example.com/app:v1"})
	}
	return p
}

func admit(tb testing.TB, c *admission.Chain) {
	a := admissiontest.Request(admission.Create, schema.GroupVersionResource{Version: "v1", Resource: "pods"}, benchPod(), nil)
	if err := c.Admit(tb.Context(), a); err != nil {
		tb.Fatal(err)
	}
	if err := c.Validate(tb.Context(), a); err != nil {
		tb.Fatal(err)
	}
}

// The default chain makes few objects for a pod, whatever the machine.
func TestDefaultChainAllocates(t *testing.T) {
	c := chain(t, withQuota)
	for range 2 { // what is looked up is decoded once
		admit(t, c)
	}
	without := testing.AllocsPerRun(50, func() { admit(t, admission.NewChain(nil)) })
	if n := testing.AllocsPerRun(50, func() { admit(t, c) }) - without; n > 60 {
		t.Errorf("%.0f allocations", n)
	} else {
		t.Logf("%.0f allocations", n)
	}
}

func BenchmarkDefaultChain(b *testing.B) {
	c := chain(b, withQuota)
	admit(b, c)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		a := admissiontest.Request(admission.Create, schema.GroupVersionResource{Version: "v1", Resource: "pods"}, benchPod(), nil)
		b.StartTimer()
		if err := c.Admit(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		if err := c.Validate(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}
