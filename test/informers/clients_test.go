package informers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/features"
	featuretesting "k8s.io/client-go/features/testing"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// Collections larger than a page arrive whole, whether they are listed in pages, at once, or streamed, while others write.
func TestLargeCollections(t *testing.T) {
	const many, workers = 3000, 8
	e := newEnv(t)
	client := e.client(e.ideal, asProtobuf).CoreV1().ConfigMaps("default")
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < many; i += workers {
				object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("many-%04d", i)}, Data: map[string]string{"n": strconv.Itoa(i)}}
				if _, err := client.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if all.Wait(); t.Failed() {
		return
	}
	e.write("default", 1)
	for _, form := range []string{asJSON, asProtobuf} {
		for name, c := range map[string]struct {
			streaming bool
			page      int64
		}{"streamed": {true, 0}, "at once": {false, 0}, "in pages": {false, 500}} {
			t.Run(form+" "+name, func(t *testing.T) {
				f := newFollower(e, name, "default", form)
				featuretesting.SetFeatureDuringTest(t, features.WatchListClient, c.streaming)
				if c.page > 0 {
					f.lw.ListWithContextFunc = fromTheStore(f.lw.ListWithContextFunc)
				}
				r := cache.NewReflectorWithOptions(f.lw, &corev1.ConfigMap{}, f, cache.ReflectorOptions{})
				r.WatchListPageSize = c.page
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var running sync.WaitGroup
				running.Go(func() { r.RunWithContext(ctx) })
				e.eventually("a first state", func() bool { return f.started() > 0 })
				cancel()
				running.Wait()
				n := 0
				for i := range many {
					if o := f.items[fmt.Sprintf("many-%04d", i)]; o != nil && o.Data["n"] == strconv.Itoa(i) {
						n++
					}
				}
				if n != many {
					t.Errorf("%d of %d objects", n, many)
				}
				want := 0
				switch pages := (len(f.runs[0].state) + 499) / 500; {
				case c.page > 0:
					want = pages
				case !c.streaming:
					want = 1
				}
				if f.lists != want {
					t.Errorf("%d requests of lists, want %d", f.lists, want)
				}
			})
		}
	}
}

// fromTheStore asks for the newest state where a reflector is content with any: of that there are no pages.
func fromTheStore(list cache.ListWithContextFunc) cache.ListWithContextFunc {
	return func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		if o.ResourceVersion == "0" {
			o.ResourceVersion = ""
		}
		return list(ctx, o)
	}
}

// What programs use, factories of informers of many kinds with client-go's own settings, comes to know all there is, also
// over a server that was killed.
func TestFactories(t *testing.T) {
	e := newEnv(t)
	typed := informers.NewSharedInformerFactory(e.client(e.faulty, asProtobuf), 0)
	configMap := typed.Core().V1().ConfigMaps().Informer()
	for _, resource := range []schema.GroupVersionResource{
		{Version: "v1", Resource: "pods"}, {Version: "v1", Resource: "nodes"}, {Version: "v1", Resource: "namespaces"},
		{Group: "apps", Version: "v1", Resource: "deployments"}, {Group: "coordination.k8s.io", Version: "v1", Resource: "leases"},
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}, {Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	} {
		if _, err := typed.ForResource(resource); err != nil {
			t.Fatal(err)
		}
	}
	dynamicClient, err := dynamic.NewForConfig(e.config(e.faulty, asJSON))
	if err != nil {
		t.Fatal(err)
	}
	metadataClient, err := metadata.NewForConfig(e.config(e.faulty, asProtobuf))
	if err != nil {
		t.Fatal(err)
	}
	dynamicFactory := dynamicinformer.NewDynamicSharedInformerFactory(dynamicClient, 0)
	metadataFactory := metadatainformer.NewSharedInformerFactory(metadataClient, 0)
	stores := map[string]cache.Store{
		"typed": configMap.GetStore(), "dynamic": dynamicFactory.ForResource(configMaps).Informer().GetStore(),
		"metadata": metadataFactory.ForResource(configMaps).Informer().GetStore(),
	}
	stop := make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		typed.Shutdown()
		dynamicFactory.Shutdown()
		metadataFactory.Shutdown()
	})
	typed.Start(stop)
	dynamicFactory.Start(stop)
	metadataFactory.Start(stop)
	for kind, synced := range typed.WaitForCacheSync(t.Context().Done()) {
		if !synced {
			t.Errorf("%v is not synced", kind)
		}
	}

	w := e.write("default", 2)
	w.more(e, 50)
	e.kill()
	w.more(e, 50)
	_, release := w.mark(e, "default")
	defer release()
	list, err := e.client(e.ideal, asJSON).CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, o := range list.Items {
		want[o.Name] = o.ResourceVersion
	}
	for name, store := range stores {
		e.eventually(name+" has what is listed", func() bool {
			got := map[string]string{}
			for _, o := range store.List() {
				if m := o.(metav1.Object); m.GetNamespace() == "default" {
					got[m.GetName()] = m.GetResourceVersion()
				}
			}
			return maps.Equal(got, want)
		})
	}
}

// Of two candidates one leads, over a restart of the server; when it gives up, the other one does.
func TestLeaderElection(t *testing.T) {
	e := newEnv(t)
	client := e.client(e.ideal, asProtobuf)
	leads := make(chan string, 10)
	candidate := func(name string) (giveUp func()) {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta: metav1.ObjectMeta{Namespace: "default", Name: "leader"}, Client: client.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: name},
			},
			// Long against all that happens here, so that nobody loses the lease by being slow.
			LeaseDuration: 2 * patience, RenewDeadline: patience, RetryPeriod: 50 * time.Millisecond, ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leads <- name },
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { elector.Run(ctx) })
		giveUp = func() {
			cancel()
			running.Wait()
		}
		t.Cleanup(giveUp)
		return giveUp
	}
	next := func() string {
		t.Helper()
		select {
		case name := <-leads:
			return name
		case <-time.After(patience):
			t.Fatal("nobody leads")
			return ""
		}
	}
	firstGivesUp := candidate("first")
	if got := next(); got != "first" {
		t.Errorf("%s leads", got)
	}
	candidate("second")
	lease := func() (holder string, renewed time.Time) {
		e.insist("the lease", func(ctx context.Context) error {
			l, err := client.CoordinationV1().Leases("default").Get(ctx, "leader", metav1.GetOptions{})
			if err == nil {
				holder, renewed = *l.Spec.HolderIdentity, l.Spec.RenewTime.Time
			}
			return err
		})
		return holder, renewed
	}
	e.kill()
	_, before := lease()
	e.eventually("the lease is renewed after a kill", func() bool {
		holder, renewed := lease()
		if holder != "first" {
			t.Fatalf("%s holds the lease", holder)
		}
		return renewed.After(before)
	})
	firstGivesUp()
	if got := next(); got != "second" {
		t.Errorf("%s leads", got)
	}
}

// A client that knows no types does everything with an object.
func TestDynamicClient(t *testing.T) {
	e := newEnv(t)
	client, err := dynamic.NewForConfig(e.config(e.ideal, asJSON))
	if err != nil {
		t.Fatal(err)
	}
	objects := client.Resource(configMaps).Namespace("default")
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "dynamic"}, "data": map[string]any{"n": "0"},
	}}
	o, err = objects.Create(t.Context(), o, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	watching, err := objects.Watch(t.Context(), metav1.ListOptions{ResourceVersion: o.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	defer watching.Stop()
	stale := o.DeepCopy()
	if err := unstructured.SetNestedField(o.Object, "1", "data", "n"); err != nil {
		t.Fatal(err)
	}
	if _, err = objects.Update(t.Context(), o, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err = objects.Update(t.Context(), stale, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("an update of an old version: %v", err)
	}
	if _, err = objects.Patch(t.Context(), "dynamic", types.MergePatchType, []byte(`{"data":{"n":"2"}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	list, err := objects.List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=dynamic"})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if n, _, err := unstructured.NestedString(list.Items[0].Object, "data", "n"); n != "2" || err != nil {
		t.Errorf("it has %q, %v", n, err)
	}
	if err := objects.Delete(t.Context(), "dynamic", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Get(t.Context(), "dynamic", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after the deletion: %v", err)
	}
	var seen []string
	for len(seen) < 3 {
		select {
		case event := <-watching.ResultChan():
			n, _, err := unstructured.NestedString(event.Object.(*unstructured.Unstructured).Object, "data", "n")
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, string(event.Type)+" "+n)
		case <-time.After(patience):
			t.Fatalf("only %v", seen)
		}
	}
	if want := []string{"MODIFIED 1", "MODIFIED 2", "DELETED 2"}; !slices.Equal(seen, want) {
		t.Errorf("the watch says %v, want %v", seen, want)
	}
}
