package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	objects "github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// gadgets are a resource that no generated code knows.
func gadgets(group string) *resource.Resource {
	gvk := schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Gadget"}
	row := resources.Row{
		Group: group, Version: "v1", Resource: "gadgets", Kind: "Gadget", KindGroup: group, KindVersion: "v1", Namespaced: true, Singular: "gadget",
		Verbs: []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}, Storage: group + "/v1", Key: group + "/gadgets",
		Generation: true, GroupPriority: 1000, VersionPriority: 100,
	}
	r := &resource.Resource{
		Row: row, Codec: codec.NewUnstructured(gvk), Body: codec.NewUnstructuredBody(gvk, nil), Strategy: &resource.Strategy{},
		New: func() runtime.Object {
			u := &unstructured.Unstructured{}
			u.SetGroupVersionKind(gvk)
			return u
		},
		Columns: resource.Columns{
			Definitions: []metav1.TableColumnDefinition{{Name: "Name", Type: "string", Format: "name"}},
			Cells:       func(o objects.Object, _ time.Time) []any { return []any{o.GetName()} },
		},
	}
	status := *r
	status.Subresource, status.Verbs, status.Parent, status.Strategy = "status", []string{"get", "patch", "update"}, r, &resource.Strategy{}
	r.Subresources = map[string]*resource.Resource{"status": &status}
	return r
}

// TestResourceThatComes: a resource that appears while the server runs is served by the same verbs as all others with the
// next request, is in every document, and leaves nothing behind when it goes.
func TestResourceThatComes(t *testing.T) {
	s := newServer(t)
	const path = "/apis/shop.dev/v1/namespaces/default/gadgets"
	if code, _, text := s.page(path); code != http.StatusNotFound || text != "404 page not found\n" {
		t.Errorf("before: %d %s", code, text)
	}
	s.Registry().Set(resource.Definitions, "gadgets.shop.dev", &resource.Part{Resources: []*resource.Resource{gadgets("shop.dev")}})
	for _, c := range []struct {
		method, path string
		body         any
		code         int
		at           []string
		want         any
	}{
		{"POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "a", "labels": object{"x": "y"}}, "spec": object{"n": 1}, "status": object{"n": 9}}, 201, []string{"status"}, nil},
		{"GET", path + "/a", nil, 200, []string{"spec", "n"}, 1.0},
		{"GET", path + "?labelSelector=x%3Dy", nil, 200, []string{"kind"}, "GadgetList"},
		{"PATCH", path + "/a", `{"spec":{"n":2}}`, 200, []string{"metadata", "generation"}, 2.0},
		{"PATCH", path + "/a/status", `{"status":{"n":3},"spec":{"n":7}}`, 200, []string{"spec", "n"}, 2.0},
		{"GET", path + "/a", nil, 200, []string{"status", "n"}, 3.0},
		{"PATCH", path + "/a", `{"status":{"n":4}}`, 200, []string{"status", "n"}, 3.0},
		{"POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "a"}}, 409, nil, nil},
		{"POST", path, object{"apiVersion": "shop.dev/v2", "kind": "Gadget", "metadata": object{"name": "b"}}, 400, nil, nil},
		{"DELETE", path + "/a", nil, 200, []string{"status"}, "Success"},
		{"GET", path + "/a", nil, 404, nil, nil},
	} {
		code, got := s.do(c.method, c.path, c.body)
		if code != c.code || c.at != nil && got.at(c.at...) != c.want {
			t.Errorf("%s %s: %d %v, want %v", c.method, c.path, code, got, c.want)
		}
	}
	for page, has := range map[string]string{"/": `"/apis/shop.dev/v1"`, "/apis": `"shop.dev"`, "/apis/shop.dev/v1": `"gadgets/status"`, "/metrics": `resource="gadgets"`} {
		if code, _, text := s.page(page); code != http.StatusOK || !strings.Contains(text, has) {
			t.Errorf("%s: %d", page, code)
		}
	}
	req, err := http.NewRequest(http.MethodGet, s.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.kubernetes.protobuf")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNotAcceptable {
		t.Errorf("a list in protobuf: %d", res.StatusCode)
	}

	s.Registry().Set(resource.Definitions, "gadgets.shop.dev", nil)
	if code, _, _ := s.page(path); code != http.StatusNotFound {
		t.Errorf("afterwards: %d", code)
	}
	for _, page := range []string{"/", "/apis", "/openapi/v3"} {
		_, _, text := s.page(page)
		for line := range strings.Lines(text) {
			if strings.Contains(line, "shop.dev") || strings.Contains(line, "gadgets") {
				t.Errorf("%s still tells of it: %s", page, line)
			}
		}
	}
	// What the cache hands to watches may still be counted a moment after everybody can read it.
	for i := 0; ; i++ {
		_, _, text := s.page("/metrics")
		if !strings.Contains(text, "gadgets") {
			break
		}
		if i == 50 {
			t.Fatal("/metrics still tells of it")
		}
		s.Registry().Set(resource.Definitions, "gadgets.shop.dev", &resource.Part{Resources: []*resource.Resource{gadgets("shop.dev")}})
		s.Registry().Set(resource.Definitions, "gadgets.shop.dev", nil)
		time.Sleep(10 * time.Millisecond)
	}
}

// carrier answers with what it was asked.
type carrier struct{}

func (carrier) Connect(w http.ResponseWriter, r *http.Request, to resource.Connection) error {
	if strings.HasSuffix(r.URL.Path, "/broken") {
		return fmt.Errorf("nobody is there")
	}
	_, err := fmt.Fprintf(w, "%s %s %s for %s: %s/%s %v", r.Method, r.URL.Path, r.URL.RawQuery, to.User.Name, to.Namespace, to.Name, to.Parts)
	return err
}

// TestBackends: every path of a group-version that another server has is carried there, and no other; a connection gets the
// object that it is of.
func TestBackends(t *testing.T) {
	s := newServer(t)
	s.Registry().Set(resource.Aggregated, "v1.far.dev", &resource.Part{Elsewhere: []*resource.Elsewhere{{Group: "far.dev", Version: "v1", Connector: carrier{}}}})
	near := gadgets("far.dev")
	near.Version = "v2"
	proxy := &resource.Resource{Row: near.Row, Parent: near, Strategy: &resource.Strategy{Connector: carrier{}}}
	proxy.Subresource, proxy.Connect = "proxy", []string{"get"}
	near.Subresources["proxy"] = proxy
	s.Registry().Set(resource.Definitions, "gadgets.far.dev", &resource.Part{Resources: []*resource.Resource{near}})
	for path, want := range map[string]string{
		"/apis/far.dev/v1":                                  "GET /apis/far.dev/v1  for tester: / []",
		"/apis/far.dev/v1/":                                 "GET /apis/far.dev/v1/  for tester: / []",
		"/apis/far.dev/v1/things?limit=5":                   "GET /apis/far.dev/v1/things limit=5 for tester: / []",
		"/apis/far.dev/v1/namespaces/a/things/b/c/d":        "GET /apis/far.dev/v1/namespaces/a/things/b/c/d  for tester: / []",
		"/apis/far.dev/v2/namespaces/a/gadgets/b/proxy/c/d": "GET /apis/far.dev/v2/namespaces/a/gadgets/b/proxy/c/d  for tester: a/b [c d]",
	} {
		if code, _, text := s.page(path); code != http.StatusOK || text != want {
			t.Errorf("%s: %d %q", path, code, text)
		}
	}
	for path, want := range map[string]int{
		"/apis/far.dev": 200, "/apis/far.dev/v2": 200, "/apis/far.dev/v3": 404, "/apis/far.dev/v2/namespaces/a/gadgets": 200,
		"/apis/far.dev/v2/namespaces/a/gadgets/b/c": 404, "/apis/far.dev/v1/things/broken": 500, "/apis/far.dev//v1": 404, "/apis/apps/v1": 200,
	} {
		if code, _, text := s.page(path); code != want || strings.Contains(text, "for tester") {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
}
