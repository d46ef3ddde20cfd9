package verb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// names are those of a list's objects.
func (f *fixture) names(t *testing.T, path string) (names []string, meta metav1.ListMeta) {
	t.Helper()
	var list struct {
		Metadata metav1.ListMeta
		Items    []struct{ Metadata metav1.ObjectMeta }
	}
	if err := json.Unmarshal(f.get(t, path, jsonAccept, ""), &list); err != nil {
		t.Fatal(err)
	}
	for _, x := range list.Items {
		names = append(names, x.Metadata.Name)
	}
	return names, list.Metadata
}

// In a collection that is worth an index, selectors find what they find by looking at all: in every form, of every state,
// in pages, and after writes.
func TestSelectorsThroughIndexes(t *testing.T) {
	const pods = 1200
	f := newFixture(t, pods)
	// Each selector with the indexes that are made for it, and the one that finds its objects.
	selectors := []struct {
		labels, fields string
		indexes        int
		by             string
	}{
		{"app=app-7", "", 1, "l:"}, {"app in (app-3,app-9)", "", 0, "l:"}, {"app=app-7,tier=web", "", 0, "l:"}, {"tier,app==app-8", "", 0, "l:"},
		{"", "spec.nodeName=node-3", 1, "f:spec.nodeName"}, {"app notin (app-3)", "spec.nodeName=node-3", 0, "f:spec.nodeName"},
		{"", "status.phase=Succeeded", 1, "f:status.phase"}, {"", "status.phase!=Running", 0, ""}, {"app!=app-1", "", 0, ""},
		{"app=none", "", 0, "l:"}, {"rare", "", 1, "l:"}, {"rare>3", "", 0, "l:"}, {"!rare", "", 0, ""},
		{"app=app-3", "status.podIP=", 0, ""}, {"app=app-3", "metadata.namespace=ns", 0, "l:"}, {"app=app-3", "metadata.name=pod-00003", 0, "l:"},
		{"tier=web", "status.phase=Running", 1, ""},
	}
	f.relabel(t, 500, "rare", "2")
	f.relabel(t, 600, "rare", "4")
	state, err := f.handlers.Store.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	indexes := 0
	for round := range 2 {
		for _, s := range selectors {
			query := "labelSelector=" + url.QueryEscape(s.labels) + "&fieldSelector=" + url.QueryEscape(s.fields)
			if round == 0 {
				f.names(t, "/api/v1/pods?"+query)
				f.names(t, "/api/v1/pods?"+query)
				indexes += s.indexes
			}
			for deadline := time.Now().Add(10 * time.Second); f.handlers.Store.Stats().Indexes < indexes; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%d indexes after %+v, want %d", f.handlers.Store.Stats().Indexes, s, indexes)
				}
			}
			want := f.selected(t, s.labels, s.fields)
			if by, looked := f.found(t, "/api/v1/pods?"+query); by != s.by || by != "" && looked > pods/4 {
				t.Errorf("round %d, %s: %d objects were looked at by %q, want %q", round, query, looked, by, s.by)
			}
			for path, want := range map[string][]string{
				"/api/v1/pods?": want, "/api/v1/namespaces/ns/pods?limit=5&": want[:min(5, len(want))], "/api/v1/namespaces/none/pods?": nil,
			} {
				if got, _ := f.names(t, path+query); !slices.Equal(got, want) {
					t.Errorf("round %d, %s%s: %d objects, want %d", round, path, query, len(got), len(want))
				}
			}
			if s.labels == "app=app-7" {
				for _, accept := range []string{protoAccept, tableAccept, jsonAccept + metaAccept} {
					path := "/api/v1/pods?" + query
					if got, want := f.get(t, path, accept, ""), f.plainly(t, path, accept); !bytes.Equal(got, want) {
						t.Errorf("round %d, %s as %s: %.300q, want %.300q", round, path, accept, got, want)
					}
				}
			}
			f.pages(t, query, fmt.Sprint(state.Revision))
		}
		// Labels change, objects go and come.
		for i := range 40 {
			f.relabel(t, 7+50*i%pods, "app", "app-8")
			f.relabel(t, i, "rare", "5")
		}
		gone := f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", 58+50*round))
		if _, err := storage.Update(t.Context(), f.handlers.Store, gone, 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// A namespace that is selected by is looked through alone, and with a name one object is looked at.
func TestSelectionOfNamespaces(t *testing.T) {
	f := newFixture(t, 20)
	for i := range 30 {
		o := pod(i)
		o.Namespace = fmt.Sprintf("other-%d", i%3)
		stored, err := f.pods.Codec.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.handlers.Store.Create(t.Context(), f.pods.ObjectKey(o.Namespace, o.Name), stored, 0); err != nil {
			t.Fatal(err)
		}
	}
	for fields, looked := range map[string]int{
		"metadata.namespace=other-1": 10, "metadata.namespace=other-1,metadata.name=pod-00004": 1, "metadata.namespace=other-1,metadata.name=pod-00005": 0,
		"metadata.namespace=other": 0, "metadata.namespace=": 50, "metadata.namespace=a/b": 50, "metadata.namespace!=other-1": 50,
		"metadata.namespace=ns,metadata.namespace=other-1": 20, "metadata.name=pod-00004": 50, "metadata.namespace=other-2,status.phase=Succeeded": 10,
	} {
		path := "/api/v1/pods?fieldSelector=" + url.QueryEscape(fields)
		want := f.selected(t, "", fields)
		if got, _ := f.names(t, path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", fields, got, want)
		}
		if _, n := f.found(t, path); n != looked {
			t.Errorf("%s: %d objects were looked at, want %d", fields, n, looked)
		}
		var got []string
		for next := "&limit=3"; next != ""; {
			page, meta := f.names(t, path+next)
			got = append(got, page...)
			if next = ""; meta.Continue != "" {
				next = "&limit=3&continue=" + meta.Continue
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the pages have %v, want %v", fields, got, want)
		}
	}
}

// found is how the objects of a list are found, and how many are looked at.
func (f *fixture) found(t *testing.T, path string) (by string, looked int) {
	t.Helper()
	r := f.request(t.Context(), httptest.NewRecorder(), path, jsonAccept, "")
	options, s, err := selected(r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.handlers.read(t.Context(), r, options, s)
	if err != nil {
		t.Fatal(err)
	}
	return indexName(p.by), p.looked
}

// selecting is a request with selectors.
func selecting(labels, fields string) *pipeline.Request {
	return &pipeline.Request{Query: url.Values{"labelSelector": {labels}, "fieldSelector": {fields}}}
}

// selection is what options select of the pods.
func (f *fixture) selection(t testing.TB, options metav1.ListOptions) *selection {
	t.Helper()
	s := newSelection(f.pods)
	if err := s.read(selecting(options.LabelSelector, options.FieldSelector)); err != nil {
		t.Fatal(err)
	}
	if err := s.check(""); err != nil {
		t.Fatal(err)
	}
	return s
}

// selected are the names of the objects that match, found by building all.
func (f *fixture) selected(t *testing.T, labels, fields string) (names []string) {
	t.Helper()
	s := f.selection(t, metav1.ListOptions{LabelSelector: labels, FieldSelector: fields})
	all, err := f.handlers.Store.List(t.Context(), "/pods/", storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Items {
		o, err := f.pods.Codec.Decode(kv.Value, kv.Revision)
		if err != nil {
			t.Fatal(err)
		}
		if s.matches(o) {
			names = append(names, o.GetName())
		}
	}
	return names
}

// pages compares the pages of a list with the whole of it, now and at an old revision.
func (f *fixture) pages(t *testing.T, query, revision string) {
	t.Helper()
	for _, state := range []string{"", "&resourceVersionMatch=Exact&resourceVersion=" + revision} {
		want, meta := f.names(t, "/api/v1/pods?"+query+state)
		if meta.Continue != "" || meta.RemainingItemCount != nil {
			t.Errorf("%s: a whole list goes on: %+v", query, meta)
		}
		got, meta := f.names(t, "/api/v1/pods?limit=40&"+query+state)
		for meta.Continue != "" {
			if meta.RemainingItemCount != nil {
				t.Errorf("%s: how many remain is known", query)
			}
			var page []string
			page, meta = f.names(t, "/api/v1/pods?limit=40&"+query+"&continue="+meta.Continue)
			if len(page) > 40 {
				t.Errorf("%s: a page of %d", query, len(page))
			}
			got = append(got, page...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s%s: pages have %d objects, want %d", query, state, len(got), len(want))
		}
	}
}

func (f *fixture) relabel(t *testing.T, i int, label, value string) {
	t.Helper()
	key := f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", i))
	p := pod(i)
	p.Labels[label] = value
	stored, err := f.pods.Codec.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return stored, nil }); err != nil {
		t.Fatal(err)
	}
}
