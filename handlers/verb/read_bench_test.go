package verb

import (
	"fmt"
	"net/http/httptest"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// BenchmarkList is what a list of 5,000 pods takes without the network, in each form.
func BenchmarkList(b *testing.B) {
	f := newFixture(b, 5000)
	for _, c := range []struct{ name, path, accept, encoding string }{
		{"json", "/api/v1/pods", "application/json", ""},
		{"gzip", "/api/v1/pods", "application/json", "gzip"},
		{"protobuf", "/api/v1/pods", "application/vnd.kubernetes.protobuf", ""},
		{"table", "/api/v1/pods", tableAccept, ""},
		{"page", "/api/v1/pods?limit=500", "application/json", ""},
		{"label", "/api/v1/pods?labelSelector=app%3Dapp-7", "application/json", ""},
		{"node", "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7", "application/json", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				if err := f.handlers.Handle(f.request(b.Context(), w, c.path, c.accept, c.encoding)); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(w.Body.Len()))
			}
		})
	}
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f.get(b, fmt.Sprintf("/api/v1/namespaces/ns/pods/pod-%05d", i%5000), "application/json", "")
		}
	})
}

// BenchmarkMatch is one object against a label selector.
func BenchmarkMatch(b *testing.B) {
	f := newFixture(b, 1)
	s := f.selection(b, metav1.ListOptions{LabelSelector: "app=app-0"})
	var e *cache.Entry
	view, err := f.handlers.Store.View(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	view.Leaves("/pods/", "", func(l cache.Leaf) bool { e = l.Entries[0]; return false })
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := s.matchesEntry(e); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
