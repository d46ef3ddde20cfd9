package metrics

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// BenchmarkMeasure is what the stage adds to a read.
func BenchmarkMeasure(b *testing.B) {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/namespaces/a/pods/x", nil)
	request := pipeline.NewRequest(httptest.NewRecorder(), r, pipeline.ParseInfo(r.Method, r.URL.Path))
	request.Resource = &resource.Resource{Row: resources.Row{Version: "v1", Resource: "pods", Namespaced: true}}
	h := New(version.Info{}).Measure(nil)(func(*pipeline.Request) error { return nil })
	b.ReportAllocs()
	for b.Loop() {
		if err := h(request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSent is what an event costs each watch beyond sending it.
func BenchmarkSent(b *testing.B) {
	w := New(version.Info{}).Reads(schema.GroupVersionResource{Version: "v1", Resource: "pods"})
	b.ReportAllocs()
	for b.Loop() {
		w.Sent(3000)
	}
}

// BenchmarkNew is what metrics add to the start of the server.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(version.Info{})
	}
}
