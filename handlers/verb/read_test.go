package verb

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// fixture is pods in a store, and handlers that read them.
type fixture struct {
	handlers *Handlers
	pods     *resource.Resource
	now      time.Time
}

const (
	jsonAccept  = "application/json"
	protoAccept = "application/vnd.kubernetes.protobuf"
	tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io"
	metaAccept  = ";as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
)

var created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newFixture(t testing.TB, n int) *fixture {
	t.Helper()
	return newFixtureThatKeeps(t, n, cache.DefaultKeep)
}

// newFixtureThatKeeps has a cache that remembers changes for some time.
func newFixtureThatKeeps(t testing.TB, n int, keep time.Duration) *fixture {
	t.Helper()
	f := &fixture{now: created.Add(90 * time.Second)}
	for _, row := range resources.Rows {
		if row.Group == "" && row.Resource == "pods" && row.Subresource == "" {
			f.pods = &resource.Resource{Row: row}
		}
	}
	gvk := f.pods.GVK()
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.pods.Codec, f.pods.Columns = c, kinds.Columns(gvk)
	if f.pods.Body, err = codec.NewTypedBody(gvk); err != nil {
		t.Fatal(err)
	}
	f.pods.New = func() runtime.Object { return resources.Kinds[gvk]() }
	f.pods.Strategy = &resource.Strategy{Fields: func(o object.Object) fields.Set {
		p := o.(*corev1.Pod)
		return fields.Set{"spec.nodeName": p.Spec.NodeName, "status.phase": p.Status.Phase}
	}}
	store := cache.New(memory.New(memory.Options{}), cache.Options{Attributes: codec.Attributes, Keep: keep})
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	<-store.Loaded()
	f.handlers = &Handlers{Store: store, Now: func() time.Time { return f.now }, MinWatch: time.Hour}
	for i := range n {
		if _, err := store.Create(t.Context(), f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", i)), f.stored(t, i), 0); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// pod is one like those that a controller makes: some run, some have ended, some were restarted.
func pod(i int) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ns", Name: fmt.Sprintf("pod-%05d", i), UID: "0b5ff1f4-9ef6-4f0b-b79d-0123456789ab",
		CreationTimestamp: metav1.NewTime(created.Add(time.Duration(i) * time.Second)),
		Labels:            map[string]string{"app": fmt.Sprintf("app-%d", i%50), "tier": "web"},
	}}
	p.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
	p.Spec.NodeName, p.Status.Phase = fmt.Sprintf("node-%d", i%10), "Running"
	for j := range 2 {
		name := fmt.Sprintf("container-%d", j)
		env := []corev1.EnvVar{}
		for k := range 20 {
			env = append(env, corev1.EnvVar{Name: fmt.Sprintf("VARIABLE_%d", k), Value: strings.Repeat("value ", k)})
		}
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: name, Image: "registry.example.com/image:v1", Env: env})
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: name, Ready: true})
	}
	switch i % 20 {
	case 3:
		p.Status.Phase = "Succeeded"
	case 7:
		s := &p.Status.ContainerStatuses[0]
		s.RestartCount = 2
		s.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{FinishedAt: metav1.NewTime(created.Add(time.Minute))}
	}
	return p
}

func (f *fixture) stored(t testing.TB, i int) []byte {
	t.Helper()
	b, err := f.pods.Codec.Encode(pod(i))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// request is a request as it comes to the verbs.
func (f *fixture) request(ctx context.Context, w *httptest.ResponseRecorder, path, accept, encoding string) *pipeline.Request {
	req := httptest.NewRequestWithContext(ctx, "GET", path, nil)
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", encoding)
	r := pipeline.NewRequest(w, req, pipeline.ParseInfo("GET", req.URL.Path))
	r.Resource = f.pods
	return r
}

// get sends a GET and returns the body, unpacked.
func (f *fixture) get(t testing.TB, path, accept, encoding string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	r := f.request(t.Context(), w, path, accept, encoding)
	if err := f.handlers.Handle(r); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.Bytes()
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plainly is what a list is without anything kept, from pairs of the backend.
func (f *fixture) plainly(t *testing.T, path, accept string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	r := f.request(t.Context(), w, path, accept, "")
	a, err := negotiate(r)
	if err == nil {
		err = a.fit(r, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	options, s, err := selected(r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.handlers.read(t.Context(), r, options, s)
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.handlers.Store.List(t.Context(), collectionPrefix(r), storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var items []storage.KeyValue
	for _, kv := range all.Items {
		o, err := f.pods.Codec.Decode(kv.Value, kv.Revision)
		if err != nil {
			t.Fatal(err)
		}
		if s.matches(o) && (options.Limit <= 0 || len(items) < int(options.Limit)) {
			items = append(items, kv)
		}
	}
	meta := metav1.ListMeta{ResourceVersion: version(all.Revision), Continue: p.next, RemainingItemCount: p.remaining}
	if a.IsTable() {
		b, err := a.table(nil, f.handlers, f.pods, meta, items)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var b bytes.Buffer
	kind := f.pods.GVK()
	kind.Kind += "List"
	list := codec.List{Kind: kind, Meta: meta, Codec: f.pods.Codec, Items: func(yield func([]byte, int64) bool) {
		for _, kv := range items {
			if !yield(kv.Value, kv.Revision) {
				return
			}
		}
	}}
	if err := list.Write(&b, a.Output); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A list is the same in its first form, when its parts are kept, after a write, and hours later.
func TestListsAreTheSameFromKeptParts(t *testing.T) {
	f := newFixture(t, 120)
	paths := []string{
		"/api/v1/pods", "/api/v1/namespaces/ns/pods", "/api/v1/pods?limit=100", "/api/v1/pods?limit=-1", "/api/v1/pods?labelSelector=app%3Dapp-7",
		"/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-3,status.phase%21%3DRunning", "/api/v1/namespaces/none/pods",
		"/api/v1/pods?labelSelector=tier,app+notin+(app-1,app-2)&limit=20", "/api/v1/namespaces/ns/pods?fieldSelector=metadata.name%3Dpod-00007",
	}
	accepts := []string{
		jsonAccept, protoAccept, jsonAccept + metaAccept, protoAccept + metaAccept, tableAccept, jsonAccept + ";pretty=1", "application/yaml",
	}
	for round := range 5 {
		switch round {
		case 3:
			f.now = f.now.Add(3 * time.Hour)
		case 4:
			key := f.pods.ObjectKey("ns", "pod-00100")
			if _, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return f.stored(t, 7000), nil }); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range paths {
			for _, accept := range accepts {
				want := f.plainly(t, path, accept)
				for _, encoding := range []string{"", "gzip"} {
					if got := f.get(t, path, accept, encoding); !bytes.Equal(got, want) {
						i := 0
						for i < min(len(got), len(want)) && got[i] == want[i] {
							i++
						}
						t.Fatalf("round %d, %s as %s %s: %d bytes, want %d; at %d: %.200q, want %.200q", round, path, accept, encoding,
							len(got), len(want), i, got[max(0, i-50):], want[max(0, i-50):])
					}
				}
			}
		}
	}
	for _, include := range []string{"None", "Object", "Metadata"} {
		path := "/api/v1/pods?includeObject=" + include
		for range 3 {
			if got, want := f.get(t, path, tableAccept, ""), f.plainly(t, path, tableAccept); !bytes.Equal(got, want) {
				t.Errorf("a table with %s: %.300q, want %.300q", include, got, want)
			}
		}
	}
}

// What a selector says of an object by its index is what it says of the object itself.
func TestSelectionByIndex(t *testing.T) {
	f := newFixture(t, 0)
	for _, query := range []metav1.ListOptions{
		{}, {LabelSelector: "app=app-3"}, {LabelSelector: "app!=app-3"}, {LabelSelector: "tier"}, {LabelSelector: "!tier"},
		{LabelSelector: "app in (app-1,app-3),tier=web"}, {LabelSelector: "other notin (x)"}, {FieldSelector: "spec.nodeName=node-3"},
		{FieldSelector: "spec.nodeName!=node-3,status.phase=Running"}, {FieldSelector: "metadata.name=pod-00003"},
		{FieldSelector: "metadata.namespace=ns"}, {FieldSelector: "metadata.namespace!=ns"}, {FieldSelector: "spec.nodeName="},
		{FieldSelector: "status.podIP=1.2.3.4"}, {FieldSelector: "status.podIP=", LabelSelector: "app"},
	} {
		s := f.selection(t, query)
		some := 0
		for i := range 60 {
			e := f.handlers.Store.Entry(storage.KeyValue{Key: f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", i)), Value: f.stored(t, i), Revision: 1})
			got, err := s.matchesEntry(e)
			if err != nil {
				t.Fatal(err)
			}
			if want := s.everything() || s.matches(pod(i)); got != want {
				t.Errorf("%+v of pod %d: %v, want %v", query, i, got, want)
			}
			bare := *e
			bare.Attributes = nil
			if again, err := s.matchesEntry(&bare); err != nil || again != got {
				t.Errorf("%+v of pod %d without an index: %v, %v", query, i, again, err)
			}
			if got {
				some++
			}
		}
		if never := query.LabelSelector == "!tier" || strings.Contains(query.FieldSelector, "1.2.3.4") || query.FieldSelector == "spec.nodeName=" || query.FieldSelector == "metadata.namespace!=ns"; some == 0 && !never {
			t.Errorf("%+v selects nothing", query)
		}
	}
	s := f.selection(t, metav1.ListOptions{LabelSelector: "a"})
	if _, err := s.matchesEntry(f.handlers.Store.Entry(storage.KeyValue{Key: "/pods/ns/x", Value: []byte("k8s\x00\xff")})); err == nil {
		t.Error("what cannot be read matches or not, without an error")
	}
}

// The pages of a list are of one state although others write meanwhile, also when only the store remembers that state.
func TestPagesAreOfOneState(t *testing.T) {
	f := newFixture(t, 100)
	names := func(path string) (got []string, next, revision string) {
		var list struct {
			Metadata metav1.ListMeta
			Items    []struct{ Metadata metav1.ObjectMeta }
		}
		if err := json.Unmarshal(f.get(t, path, jsonAccept, ""), &list); err != nil {
			t.Fatal(err)
		}
		for _, x := range list.Items {
			got = append(got, x.Metadata.Name+"@"+x.Metadata.ResourceVersion)
		}
		return got, list.Metadata.Continue, list.Metadata.ResourceVersion
	}
	for _, selector := range []string{"", "&labelSelector=tier"} {
		want, _, _ := names("/api/v1/pods?" + selector)
		got, next, first := names("/api/v1/pods?limit=7" + selector)
		for i := 0; next != ""; i++ {
			key := f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", 99-i))
			if _, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return f.stored(t, 5000+i+len(selector)), nil }); err != nil {
				t.Fatal(err)
			}
			var page []string
			var at string
			page, next, at = names("/api/v1/pods?limit=7&continue=" + next + selector)
			if at != first || len(page) > 7 {
				t.Fatalf("a page of %d at %s, the first was at %s", len(page), at, first)
			}
			got = append(got, page...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the pages have\n%v, want\n%v", got, want)
		}
		exact, _, _ := names("/api/v1/pods?resourceVersionMatch=Exact&resourceVersion=" + first + selector)
		if fmt.Sprint(exact) != fmt.Sprint(want) {
			t.Errorf("the exact list has\n%v, want\n%v", exact, want)
		}
	}
}

func TestVersionsThatAreTooNew(t *testing.T) {
	f := newFixture(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := f.request(ctx, httptest.NewRecorder(), "/api/v1/pods?resourceVersion=1000&resourceVersionMatch=Exact", jsonAccept, "")
	if err := f.handlers.Handle(r); !apierrors.IsTimeout(err) {
		t.Errorf("got %v, want a timeout that names the version", err)
	}
	cancel()
	r = f.request(ctx, httptest.NewRecorder(), "/api/v1/pods?resourceVersion=1000&resourceVersionMatch=NotOlderThan", jsonAccept, "")
	if err := f.handlers.Handle(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a client that has gone", err)
	}
}
