package usage

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

func gvr(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: plural}
}

func registry(t *testing.T) *resource.Registry {
	t.Helper()
	parents := map[string]*resource.Resource{}
	var list []*resource.Resource
	for _, row := range resources.Rows {
		if row.Group != "" || row.Subresource != "" && row.Subresource != "status" || !slices.Contains([]string{"pods", "services", "configmaps", "resourcequotas"}, row.Resource) {
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
	return resource.NewRegistry(list)
}

// clock can be set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// server has a writer with the plugin, and the controller.
type server struct {
	*write.Writer
	t          *testing.T
	controller *Controller
	objects    lookup.Reader
}

func newServer(t *testing.T, backend storage.Feeder, shared bool, c *clock) *server {
	t.Helper()
	store, known := cache.New(backend, cache.Options{}), registry(t)
	s := &server{t: t, Writer: &write.Writer{Store: store, Registry: known, Now: time.Now}}
	s.objects = lookup.New(store, func() *resource.Registry { return known }).Live()
	evaluators, charger := quota.NewRegistry(func(string) bool { return true }, s.objects), resourcequota.NewCharger(s.Own(), c.now)
	s.Admission = admission.NewChain(nil, admission.Named{Name: "ResourceQuota", Plugin: resourcequota.New(resourcequota.Plugin{
		Registry: evaluators, Cached: s.objects, Live: s.objects, Charger: charger,
	})})
	s.controller = New(Settings{
		Store: store, Registry: known, Writer: s.Own(), Evaluators: evaluators, Charger: charger, Shared: shared, Now: c.now, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { changes.New(store, slog.New(slog.DiscardHandler), s.controller).Run(ctx) })
	running.Go(func() { s.controller.queue.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return s
}

func (s *server) create(plural string, o object.Object) error {
	o.SetNamespace("ns")
	_, err := s.Create(context.Background(), &write.Request{Resource: s.Registry.Get(gvr(plural)), Namespace: "ns", User: &resource.UserInfo{Name: "ann"}}, o)
	return err
}

func (s *server) remove(plural, name string) {
	s.t.Helper()
	if err := s.Own().Delete(context.Background(), resource.OwnWrite{Resource: gvr(plural), Namespace: "ns", Name: name}, &metav1.DeleteOptions{}); err != nil {
		s.t.Error(err)
	}
}

func (s *server) limit(name, hard string) {
	s.t.Helper()
	q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: corev1.ResourceQuotaSpec{Hard: quota.List{}}}
	for part := range strings.SplitSeq(hard, ",") {
		name, value, _ := strings.Cut(part, "=")
		q.Spec.Hard[name] = quantity.MustParse(value)
	}
	if err := s.Own().Create(context.Background(), resource.OwnWrite{Resource: quotas}, q); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) status(name string) string {
	q, err := lookup.Get[*corev1.ResourceQuota](context.Background(), s.objects, quotas, "ns", name)
	if err != nil {
		return err.Error()
	}
	var names []string
	for name := range q.Status.Hard {
		names = append(names, name)
	}
	slices.Sort(names)
	return quota.Format(q.Status.Used, names) + " of " + quota.Format(q.Status.Hard, names)
}

func (s *server) becomes(name, want string) {
	s.t.Helper()
	var got string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got = s.status(name); got == want {
			return
		}
	}
	s.t.Errorf("%s is %s, want %s", name, got, want)
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func TestUsage(t *testing.T) {
	s := newServer(t, memory.New(memory.Options{}), false, &clock{})
	if err := s.create("configmaps", configMap("before")); err != nil {
		t.Fatal(err)
	}
	s.limit("q", "count/configmaps=2,pods=3,requests.cpu=3,count/nosuch.example.org=1")
	s.becomes("q", "count/configmaps=1,count/nosuch.example.org=0,pods=0,requests.cpu=0 of count/configmaps=2,count/nosuch.example.org=1,pods=3,requests.cpu=3")
	const rest = " of count/configmaps=2,pods=3,requests.cpu=3"
	s.remove("resourcequotas", "q")
	s.limit("q", "count/configmaps=2,pods=3,requests.cpu=3")
	s.becomes("q", "count/configmaps=1,pods=0,requests.cpu=0"+rest)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
	pod.Spec.Containers = []corev1.Container{{Name: "a", Resources: corev1.ResourceRequirements{Requests: quota.List{"cpu": quantity.MustParse("2")}}}}
	for _, err := range []error{s.create("configmaps", configMap("more")), s.create("pods", pod)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.create("configmaps", configMap("most")); err == nil || !strings.Contains(err.Error(), "exceeded quota") {
		t.Error(err)
	}
	s.becomes("q", "count/configmaps=2,pods=1,requests.cpu=2"+rest)
	s.remove("configmaps", "before")
	s.becomes("q", "count/configmaps=1,pods=1,requests.cpu=2"+rest)
	if _, err := s.Own().Update(t.Context(), resource.OwnWrite{Resource: gvr("pods"), Subresource: "status", Namespace: "ns", Name: "p"}, func(o object.Object) error {
		o.(*corev1.Pod).Status.Phase = "Failed"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.becomes("q", "count/configmaps=1,pods=0,requests.cpu=0"+rest)
	if _, err := s.Own().Update(t.Context(), resource.OwnWrite{Resource: quotas, Namespace: "ns", Name: "q"}, func(o object.Object) error {
		o.(*corev1.ResourceQuota).Spec.Hard = quota.List{"services": quantity.MustParse("1")}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.becomes("q", "services=0 of services=1")
}

// Two hundred writers on two servers make and delete objects while both servers count: there is never one over the limit, and in
// the end the quota shows what there is.
func TestNeverOneOver(t *testing.T) {
	backend, c := memory.New(memory.Options{}), &clock{}
	servers := []*server{newServer(t, backend, true, c), newServer(t, backend, true, c)}
	const most, writers = 50, 200
	servers[0].limit("q", fmt.Sprintf("count/configmaps=%d", most))
	servers[1].becomes("q", fmt.Sprintf("count/configmaps=0 of count/configmaps=%d", most))
	var there, made atomic.Int64
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			s := servers[i%2]
			for j := range 4 {
				name := fmt.Sprintf("c%d-%d", i, j)
				err := s.create("configmaps", configMap(name))
				if err != nil {
					if !strings.Contains(err.Error(), "exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=") {
						t.Error(err)
					}
					continue
				}
				made.Add(1)
				if n := there.Add(1); n > most {
					t.Errorf("%d objects under a quota of %d", n, most)
				}
				if (i+j)%3 > 0 {
					// Counted as gone before it is, so that what is there is never counted too low.
					there.Add(-1)
					s.remove("configmaps", name)
				}
			}
		})
	}
	all.Wait()
	c.ahead.Store(int64(2 * resourcequota.Hold))
	list, err := backend.List(t.Context(), "/configmaps/ns/", storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(list.Items); n > most || made.Load() < most {
		t.Errorf("%d objects of %d that were made under a quota of %d", n, made.Load(), most)
	}
	for _, s := range servers {
		s.becomes("q", fmt.Sprintf("count/configmaps=%d of count/configmaps=%d", len(list.Items), most))
	}
}

// What a write was charged stays charged as long as it is under way, however often its namespace is counted.
func TestUnderWay(t *testing.T) {
	for _, shared := range []bool{false, true} {
		c := &clock{}
		backend := memory.New(memory.Options{})
		s := newServer(t, backend, shared, c)
		s.limit("q", "count/configmaps=5")
		s.becomes("q", "count/configmaps=0 of count/configmaps=5")
		if shared { // another server charges, and its writer takes its time
			other := (&write.Writer{Store: cache.New(backend, cache.Options{}), Registry: s.Registry, Now: time.Now}).Own()
			if _, err := other.Update(t.Context(), resource.OwnWrite{Resource: quotas, Subresource: "status", Namespace: "ns", Name: "q"}, func(o object.Object) error {
				o.(*corev1.ResourceQuota).Status.Used["count/configmaps"] = quantity.MustParse("1")
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		} else {
			plugin := s.Admission
			a := &admission.Attributes{Operation: admission.Create, Resource: s.Registry.Get(gvr("configmaps")), Namespace: "ns", Name: "x", Object: configMap("x"), Attempt: &resource.Attempt{}}
			if err := plugin.Validate(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		s.becomes("q", "count/configmaps=1 of count/configmaps=5")
		for range 20 {
			if _, err := s.controller.sync(t.Context(), "/resourcequotas/ns/q"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		if got := s.status("q"); got != "count/configmaps=1 of count/configmaps=5" {
			t.Errorf("shared %t: a charge was taken away: %s", shared, got)
		}
		c.ahead.Store(int64(2 * resourcequota.Hold))
		s.controller.all()
		s.becomes("q", "count/configmaps=0 of count/configmaps=5")
	}
}
