package docs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	apidiscovery "k8s.io/api/apidiscovery/v2"
	"k8s.io/kube-openapi/pkg/spec3"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// published is a document that counts how often it is made.
type published struct {
	group, plural, tag string
	made               atomic.Int64
	fails              bool
}

func (p *published) Tag() string { return p.tag }

func (p *published) members(refs string) (resource.Members, error) {
	p.made.Add(1)
	if p.fails {
		return resource.Members{}, fmt.Errorf("no document of %s", p.plural)
	}
	return resource.Members{
		Paths:   fmt.Appendf(nil, `"/apis/%s/v1/%s":{"get":{"operationId":%q,"responses":{"200":{"description":"OK"}}}}`, p.group, p.plural, p.tag+p.plural),
		Schemas: fmt.Appendf(nil, `%q:{"type":"object","properties":{"metadata":{"$ref":"#/%s/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}}}`, p.group+"."+p.plural, refs),
		Shared:  []string{"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
	}, nil
}

func (p *published) V2() (resource.Members, error) { return p.members("definitions") }
func (p *published) V3() (resource.Members, error) { return p.members("components/schemas") }

func widgets(group, plural, tag string) (*resource.Resource, *published) {
	p := &published{group: group, plural: plural, tag: tag}
	return &resource.Resource{Document: p, Row: resources.Row{Group: group, Version: "v1", Resource: plural, Kind: "Widget", KindGroup: group, KindVersion: "v1",
		Namespaced: true, Singular: "widget", Verbs: []string{"get"}, GroupPriority: 1000, VersionPriority: 100}}, p
}

func only(r *resource.Resource) *resource.Part {
	return &resource.Part{Resources: []*resource.Resource{r}}
}

// TestDocumentsOfParts: what a definition adds is in all documents at once, can be read by the libraries of clients, is made
// once however much else changes, and its tag is another one when it is another.
func TestDocumentsOfParts(t *testing.T) {
	reg := builtIn()
	o := NewOpenAPI(reg)
	stableV2, stable := get(t, o, "/openapi/v2"), index(t, o)
	a, first := widgets("a.dev", "as", "1")
	b, second := widgets("a.dev", "bs", "1")
	c, third := widgets("c.dev", "cs", "1")
	reg.SetMany(resource.Definitions, map[string]*resource.Part{"a": only(a), "b": only(b), "c": only(c)})

	links := index(t, o)
	if len(links) != len(stable)+2 || links["apis/apps/v1"] != stable["apis/apps/v1"] {
		t.Errorf("%d links after %d", len(links), len(stable))
	}
	var doc spec3.OpenAPI
	text := get(t, o, links["apis/a.dev/v1"]).Body.Bytes()
	if err := json.Unmarshal(text, &doc); err != nil || len(doc.Paths.Paths) != 2 {
		t.Fatalf("%v %s", err, text)
	}
	for _, name := range []string{"a.dev.as", "a.dev.bs", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"} {
		if doc.Components.Schemas[name] == nil {
			t.Errorf("%s is not among the %d schemas", name, len(doc.Components.Schemas))
		}
	}
	if w := get(t, o, links["apis/a.dev/v1"], "Accept", askV3); w.Code != 200 || w.Body.Len() == 0 {
		t.Errorf("protobuf: %d", w.Code)
	}
	checkV2(t, o, stableV2.Body.Bytes(), "a.dev.as", "a.dev.bs", "c.dev.cs")
	tag := get(t, o, "/openapi/v2").Header().Get("Etag")

	// Others come and go, in the same group too.
	made := []int64{first.made.Load(), second.made.Load(), third.made.Load()}
	another, _ := widgets("a.dev", "as", "2")
	reg.Set(resource.Definitions, "a", only(another))
	if w := get(t, o, "/openapi/v2", "If-None-Match", tag); w.Code != 200 || !strings.Contains(w.Body.String(), `"2as"`) || strings.Contains(w.Body.String(), `"1as"`) {
		t.Errorf("v2 after a change: %d", w.Code)
	}
	if now := index(t, o); now["apis/a.dev/v1"] == links["apis/a.dev/v1"] || now["apis/c.dev/v1"] != links["apis/c.dev/v1"] {
		t.Errorf("links after a change: %v", now)
	}
	if w := get(t, o, links["apis/a.dev/v1"]); w.Code != http.StatusMovedPermanently {
		t.Errorf("the old link: %d", w.Code)
	}
	checkV2(t, o, stableV2.Body.Bytes(), "a.dev.as", "a.dev.bs", "c.dev.cs")
	if now := []int64{first.made.Load(), second.made.Load(), third.made.Load()}; !slices.Equal(now, made) {
		t.Errorf("made %v times, then %v", made, now)
	}

	reg.SetMany(resource.Definitions, map[string]*resource.Part{"a": nil, "b": nil, "c": nil})
	if w := get(t, o, "/openapi/v2"); w.Body.String() != stableV2.Body.String() || w.Header().Get("Etag") != stableV2.Header().Get("Etag") {
		t.Error("v2 is another one than before")
	}
	if w := get(t, o, "/openapi/v3/apis/a.dev/v1"); w.Code != 404 {
		t.Errorf("gone: %d", w.Code)
	}
}

// checkV2 compares the v2 document in both forms with what it was and with the schemas that are to be there now.
func checkV2(t *testing.T, o *OpenAPI, before []byte, schemas ...string) {
	t.Helper()
	var was, is object
	if err := json.Unmarshal(before, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(get(t, o, "/openapi/v2").Body.Bytes(), &is); err != nil {
		t.Fatal(err)
	}
	var binary openapi_v2.Document
	if err := proto.Unmarshal(get(t, o, "/openapi/v2", "Accept", askV2).Body.Bytes(), &binary); err != nil {
		t.Fatal(err)
	}
	want := len(child(was, "definitions")) + len(schemas)
	if n, m := len(child(is, "definitions")), len(binary.GetDefinitions().GetAdditionalProperties()); n != want || m != want {
		t.Errorf("%d definitions in JSON, %d in protobuf, want %d", n, m, want)
	}
	if n, m := len(child(is, "paths")), len(binary.GetPaths().GetPath()); n != m || n != len(child(was, "paths"))+len(schemas) {
		t.Errorf("%d paths in JSON, %d in protobuf", n, m)
	}
	if binary.GetSwagger() != "2.0" || binary.GetInfo().GetTitle() != child(was, "info")["title"] {
		t.Errorf("the head in protobuf: %s %v", binary.GetSwagger(), binary.GetInfo())
	}
	for _, name := range schemas {
		if child(is, "definitions")[name] == nil {
			t.Errorf("no definition %s", name)
		}
	}
}

// TestPartsThatFail: a document that cannot be made is an error for the readers of what it is in, and of nothing else.
func TestPartsThatFail(t *testing.T) {
	reg := resource.NewRegistry([]*resource.Resource{{Row: resources.Row{Group: "apps", Version: "v1", Resource: "deployments"}}})
	o := newOpenAPI(reg, fake{"apis/apps/v1": "Deployment"}, nil)
	r, p := widgets("a.dev", "as", "1")
	p.fails = true
	reg.Set(resource.Definitions, "a", only(r))
	for path, code := range map[string]int{"/openapi/v2": 500, "/openapi/v3": 200, "/openapi/v3/apis/a.dev/v1": 500, "/openapi/v3/apis/apps/v1": 200} {
		if w := get(t, o, path); w.Code != code || code == 500 && !strings.Contains(w.Body.String(), "no document of as") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	reg.Set(resource.Definitions, "a", nil)
	if w := get(t, o, "/openapi/v2"); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
	// A schema that no document has.
	r.Document = lonely{}
	reg.Set(resource.Definitions, "a", only(r))
	if w := get(t, o, "/openapi/v3/apis/a.dev/v1"); w.Code != 500 || !strings.Contains(w.Body.String(), "no document has a schema Nothing") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type lonely struct{}

func (lonely) Tag() string                   { return "" }
func (lonely) V2() (resource.Members, error) { return resource.Members{}, nil }
func (lonely) V3() (resource.Members, error) {
	return resource.Members{Shared: []string{"Nothing"}}, nil
}

// TestOtherServers: what another server says of its version is in discovery as it says it, in its place.
func TestOtherServers(t *testing.T) {
	reg := builtIn()
	d, o := NewDiscovery(reg, "localhost:1"), NewOpenAPI(reg)
	_, p := widgets("metrics.k8s.io", "pods", "1")
	e := &resource.Elsewhere{Group: "metrics.k8s.io", Version: "v1beta1", GroupPriority: 100, Priority: 100, Document: p}
	reg.Set(resource.Aggregated, "v1beta1.metrics.k8s.io", &resource.Part{Elsewhere: []*resource.Elsewhere{e}})
	list := func() (out apidiscovery.APIGroupDiscoveryList) {
		if err := json.Unmarshal(get(t, d, "/apis", "Accept", mediaJSON+v2).Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		binary := get(t, d, "/apis", "Accept", mediaProtobuf+v2).Body.Bytes()
		if !strings.Contains(string(binary), "metrics.k8s.io") {
			t.Error("not in protobuf")
		}
		return out
	}
	items := list().Items
	if last := items[len(items)-1]; last.Name != "metrics.k8s.io" || len(last.Versions) != 0 {
		t.Errorf("before anything is known: %+v", last)
	}
	known := *e
	known.Discovered = &apidiscovery.APIVersionDiscovery{Version: "v1beta1", Freshness: apidiscovery.DiscoveryFreshnessStale,
		Resources: []apidiscovery.APIResourceDiscovery{{Resource: "pods", Scope: apidiscovery.ScopeNamespace}}}
	reg.Set(resource.Aggregated, "v1beta1.metrics.k8s.io", &resource.Part{Elsewhere: []*resource.Elsewhere{&known}})
	items = list().Items
	if last := items[len(items)-1]; len(last.Versions) != 1 || last.Versions[0].Freshness != "Stale" || last.Versions[0].Resources[0].Resource != "pods" {
		t.Errorf("afterwards: %+v", last)
	}
	if body := get(t, d, "/apis/metrics.k8s.io").Body.String(); !strings.Contains(body, `"preferredVersion":{"groupVersion":"metrics.k8s.io/v1beta1"`) {
		t.Error(body)
	}
	if w := get(t, o, index(t, o)["apis/metrics.k8s.io/v1beta1"]); w.Code != 200 || !strings.Contains(w.Body.String(), `"1pods"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// BenchmarkParts changes one of n definitions and asks again for what tells of all of them. It may cost no more than to join
// the bytes of the others.
func BenchmarkParts(b *testing.B) {
	for _, n := range []int{0, 1000} {
		reg := builtIn()
		d, o := NewDiscovery(reg, "localhost:1"), NewOpenAPI(reg)
		parts := map[string]*resource.Part{}
		for i := range n {
			r, _ := widgets(fmt.Sprintf("g%04d.dev", i), "widgets", "1")
			parts[r.Group] = only(r)
		}
		reg.SetMany(resource.Definitions, parts)
		for name, c := range map[string]struct {
			h            http.Handler
			path, accept string
		}{
			"discovery": {d, "/apis", mediaJSON + v2}, "discovery protobuf": {d, "/apis", mediaProtobuf + v2},
			"v3 index": {o, "/openapi/v3", ""}, "v2": {o, "/openapi/v2", ""}, "v2 protobuf": {o, "/openapi/v2", askV2},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				change := func(i int) {
					r, _ := widgets("new.dev", "widgets", fmt.Sprint(i))
					reg.Set(resource.Definitions, "new", only(r))
					w := &discard{header: http.Header{}}
					c.h.ServeHTTP(w, newGet(c.path, "Accept", c.accept, "Accept-Encoding", "gzip"))
					if w.code != 200 {
						b.Fatal(w.code)
					}
				}
				change(-1) // which makes the others
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					change(i)
				}
			})
		}
	}
}

// discard is a client that reads everything and keeps nothing.
type discard struct {
	header http.Header
	code   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(code int)        { d.code = code }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

func newGet(path string, headers ...string) *http.Request {
	r, _ := http.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}
