package metrics

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

type carrier struct {
	*httptest.ResponseRecorder
	source stream.Source
}

func (c *carrier) Detach(s stream.Source) func() { c.source = s; return func() {} }

type two struct{}

func (two) Next() ([]byte, error) { return []byte("ab"), io.EOF }
func (two) Ended(bool)            {}

// A watch that its connection carries is open until that says that it has ended, and is counted then.
func TestDetached(t *testing.T) {
	m := New(version.Info{})
	h := httptest.NewRequest(http.MethodGet, "/api/v1/pods?watch=1", nil)
	on := &carrier{ResponseRecorder: httptest.NewRecorder()}
	r := pipeline.NewRequest(on, h, pipeline.ParseInfo(h.Method, h.URL.Path))
	r.Resource = &resource.Resource{Row: resources.Row{Version: "v1", Resource: "pods", Namespaced: true}}
	pipeline.Serve(r, m.Measure(func(string) string { return "" })(func(r *pipeline.Request) error {
		r.Writer.WriteHeader(http.StatusOK)
		if _, ok := r.Detach(two{}); !ok {
			t.Error("not detached")
		}
		return nil
	}), slog.New(slog.DiscardHandler))
	const labels = `component="apiserver",group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"}`
	const total = `apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"}`
	expect := func(when, open, counted string) {
		t.Helper()
		got := scrape(t, m).values
		if got["apiserver_longrunning_requests{"+labels] != open || got[total] != counted {
			t.Errorf("%s: %q are open, %q were counted", when, got["apiserver_longrunning_requests{"+labels], got[total])
		}
	}
	expect("before the end", "1", "")
	if _, err := on.source.Next(); err != io.EOF {
		t.Error(err)
	}
	on.source.Ended(false)
	expect("in the end", "0", "1")
}
