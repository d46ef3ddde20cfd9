package handlers

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/routes"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// collector remembers the routes as they are registered.
type collector [][4]string

func (c *collector) Route(action routes.Action, method, path, row string) {
	*c = append(*c, [4]string{string(action), method, path, row})
}

// What a generated route says of a request and what the path parser says must be the same: otherwise a request could be
// authorized as one thing and carried out as another.
func TestRoutesAndParserAgree(t *testing.T) {
	var all collector
	routes.Register(&all)
	if len(all) < 1000 {
		t.Fatalf("only %d routes", len(all))
	}
	var got pipeline.Info
	e := newRouter(func(_ http.ResponseWriter, _ *http.Request, info pipeline.Info) { got = info })
	for _, r := range all {
		action, method := r[0], r[1]
		path := strings.NewReplacer(":namespace", "team-a", ":name", "web", ":path", "some/where").Replace(r[2])
		got = pipeline.Info{}
		req := httptest.NewRequest(method, path, nil)
		e.ServeHTTP(httptest.NewRecorder(), req)
		want := pipeline.ParseInfo(method, path)
		if action == "connect" && (method == http.MethodHead || method == http.MethodOptions) {
			continue // the parser knows the five methods of objects; a proxy takes all
		}
		if got.Verb != want.Verb || got.Group != want.Group || got.Version != want.Version || got.Resource != want.Resource ||
			got.Subresource != want.Subresource || got.Namespace != want.Namespace || got.Name != want.Name || !got.IsResource {
			t.Errorf("%s %s:\n route  %+v\n parser %+v", method, path, got, want)
		}
	}
}

// A path that no route matches segment by segment is served, and authorized, as the parser sees it; an escaped slash
// separates there as a plain one does.
func TestOddPathsAreTheParsers(t *testing.T) {
	var got pipeline.Info
	e := newRouter(func(_ http.ResponseWriter, _ *http.Request, info pipeline.Info) { got = info })
	for _, path := range []string{
		"/api/v1/namespaces/a/pods/b%2Flog",
		"/api/v1/namespaces/a%2Fb/pods/c",
		"/api/v1/namespaces/a/secrets/b/c/d",
		"/api/v1/namespaces/a/secrets/b/",
		"/api/v1//pods", "/api/v1/../v1/pods", "/API/v1/pods", "/apis/example.dev/v1/widgets", "/api", "/",
	} {
		req := httptest.NewRequest("GET", path, nil)
		e.ServeHTTP(httptest.NewRecorder(), req)
		if want := pipeline.ParseInfo("GET", req.URL.Path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got  %+v\n want %+v", path, got, want)
		}
	}
}
