package resourcequota

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// server is a writer with the plugin, over a cache of its own.
type server struct {
	*write.Writer
	plugin *Plugin
}

func gvr(plural string) schema.GroupVersionResource {
	group := ""
	if plural == "resourceclaims" || plural == "deviceclasses" {
		group = "resource.k8s.io"
	}
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: plural}
}

func known(t testing.TB) (list []*resource.Resource) {
	t.Helper()
	wanted := []string{"pods", "services", "persistentvolumeclaims", "configmaps", "resourcequotas", "events", "resourceclaims", "deviceclasses"}
	parents := map[string]*resource.Resource{}
	for _, row := range resources.Rows {
		if row.Version != "v1" || row.Group != "" && row.Group != "resource.k8s.io" || !slices.Contains(wanted, row.Resource) || row.Subresource != "" && row.Subresource != "status" && row.Subresource != "resize" {
			continue
		}
		r := &resource.Resource{Row: row, Strategy: &resource.Strategy{}}
		if row.Subresource != "" {
			r.Parent, r.Codec = parents[row.Resource], parents[row.Resource].Codec
			r.Parent.Subresources[row.Subresource] = r
			continue
		}
		c, err := codec.NewBuiltin(r.GVK(), r.GVK(), nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Codec, r.Subresources = c, map[string]*resource.Resource{}
		parents[row.Resource] = r
		list = append(list, r)
	}
	return list
}

// newServer is one of the servers on a store.
func newServer(t testing.TB, backend storage.Feeder, limited ...LimitedResource) *server {
	t.Helper()
	store := cache.New(backend, cache.Options{})
	registry := resource.NewRegistry(known(t))
	s := &server{Writer: &write.Writer{Store: store, Registry: registry, Now: time.Now}}
	objects := lookup.New(store, func() *resource.Registry { return registry })
	s.plugin = New(Plugin{
		Registry: quota.NewRegistry(func(string) bool { return true }, objects.Live()), Cached: objects.Live(), Live: objects.Live(),
		Charger: NewCharger(s.Own(), time.Now), Limited: limited,
	})
	s.Admission = admission.NewChain(nil, admission.Named{Name: "ResourceQuota", Plugin: s.plugin})
	return s
}

func (s *server) request(plural, namespace, name string) *write.Request {
	plural, sub, _ := strings.Cut(plural, "/")
	return &write.Request{Resource: s.Registry.Subresource(gvr(plural), sub), Namespace: namespace, Name: name, User: &resource.UserInfo{Name: "ann"}}
}

// create makes an object; its namespace is ns.
func (s *server) create(ctx context.Context, plural string, o object.Object) error {
	o.SetNamespace("ns")
	_, err := s.Create(ctx, s.request(plural, "ns", ""), o)
	return err
}

// change updates an object, or a subresource of it.
func (s *server) change(ctx context.Context, plural, name string, f func(object.Object)) error {
	_, err := s.Update(ctx, s.request(plural, "ns", name), func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		o := object.Copy(live)
		f(o)
		return o, nil
	})
	return err
}

// limit makes a quota whose usage is known: what is not used is zero.
func (s *server) limit(t testing.TB, name, hard, used string, spec string) {
	t.Helper()
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	if err := yaml.UnmarshalStrict([]byte(spec), &q.Spec); err != nil {
		t.Fatal(err)
	}
	q.Spec.Hard = amounts(hard)
	if err := s.Own().Create(t.Context(), resource.OwnWrite{Resource: quotas}, q); err != nil {
		t.Fatal(err)
	}
	_, err := s.Own().Update(t.Context(), resource.OwnWrite{Resource: quotas, Subresource: "status", Namespace: "ns", Name: name}, func(o object.Object) error {
		q := o.(*corev1.ResourceQuota)
		q.Status.Hard, q.Status.Used = amounts(hard), amounts(used)
		for name := range q.Status.Hard {
			if _, found := q.Status.Used[name]; !found && used != "unknown" {
				q.Status.Used[name] = object0()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// used is what a quota is used, as text.
func (s *server) used(t testing.TB, name string) string {
	t.Helper()
	q, err := lookup.Get[*corev1.ResourceQuota](context.Background(), s.plugin.Live, quotas, "ns", name)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range q.Status.Hard {
		names = append(names, name)
	}
	slices.Sort(names)
	return quota.Format(q.Status.Used, names)
}

// amounts reads "pods=1,cpu=2".
func amounts(text string) quota.List {
	list := quota.List{}
	for part := range strings.SplitSeq(text, ",") {
		if name, value, found := strings.Cut(part, "="); found {
			q, err := object.ParseQuantity(value)
			if err != nil {
				panic(err)
			}
			list[name] = q
		}
	}
	return list
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func podOf(name, spec string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		panic(fmt.Sprint(spec, err))
	}
	return p
}

var storageAll = storage.ListOptions{}
