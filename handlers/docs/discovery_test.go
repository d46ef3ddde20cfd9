package docs

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// builtIn has the enabled rows, as the server does by default.
func builtIn() *resource.Registry { return resource.NewRegistry(assemble(resources.Rows)) }

func assemble(rows []resources.Row) []*resource.Resource {
	var out []*resource.Resource
	for _, row := range rows {
		r := &resource.Resource{Row: row, Subresources: map[string]*resource.Resource{}}
		switch {
		case !row.Enabled:
		case row.Subresource == "":
			out = append(out, r)
		default:
			r.Parent = out[len(out)-1]
			r.Parent.Subresources[row.Subresource] = r
		}
	}
	return out
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return send(t, h, http.MethodGet, path, headers...)
}

func send(t *testing.T, h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const v2 = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// The files of testdata/discovery are the reference's answers, byte for byte: the name is the path, the ending the form.
func TestAnswersAreThoseOfTheReference(t *testing.T) {
	d := NewDiscovery(builtIn(), "localhost:16443")
	files, err := filepath.Glob("testdata/discovery/api*")
	if err != nil || len(files) < 60 {
		t.Fatal("no recorded answers", err, len(files))
	}
	forms := []struct{ ending, accept, query string }{ // the longer endings first
		{".v2.json", mediaJSON + v2, ""}, {".v2.pb", mediaProtobuf + v2, ""}, {".v2.yaml", mediaYAML + v2, ""},
		{".pretty.json", "*/*", "?pretty=1"},
		{".json", mediaJSON, ""}, {".pb", mediaProtobuf, ""}, {".yaml", mediaYAML, ""},
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range forms {
			name, ok := strings.CutSuffix(filepath.Base(file), f.ending)
			if !ok {
				continue
			}
			w := get(t, d, "/"+strings.ReplaceAll(name, "_", "/")+f.query, "Accept", f.accept)
			if got := w.Body.String(); got != string(want) || w.Code != 200 {
				i := 0
				for i < len(got) && i < len(want) && got[i] == want[i] {
					i++
				}
				t.Errorf("%s: %d, differs at byte %d\n got %.300s\nwant %.300s", file, w.Code, i, got[max(0, i-80):], want[max(0, i-80):])
			}
			break
		}
	}
}

// Status codes, media types and headers, as the reference answers them.
func TestNegotiation(t *testing.T) {
	d := NewDiscovery(builtIn(), "localhost:16443")
	const (
		notServed = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
		notListed = "406: Not Acceptable\\n\\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"
		table     = "application/json;as=Table;v=v1;g=meta.k8s.io"
		beta      = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
	)
	for _, c := range []struct {
		method, path, accept string
		code                 int
		media, has           string
	}{
		{"GET", "/api", "", 200, mediaJSON, `"APIVersions"`},
		{"GET", "/api/", "*/*", 200, mediaJSON, `"APIVersions"`},
		{"GET", "/api/v1/", "application/*,*/*;q=0.1", 200, mediaJSON, `"APIResourceList"`},
		{"GET", "/apis/", "application/*", 200, mediaJSON, `"APIGroupList"`},
		{"GET", "/apis", beta, 406, mediaJSON, notServed},
		{"GET", "/apis", beta + ",application/json", 200, mediaJSON, `"APIGroupList"`},
		{"GET", "/apis", mediaJSON + v2 + "," + beta + ",application/json", 200, mediaJSON + v2, `"APIGroupDiscoveryList"`},
		{"GET", "/apis", "application/json;q=0.2," + mediaProtobuf + v2, 200, mediaProtobuf + v2, "APIGroupDiscoveryList"},
		{"GET", "/apis", "text/plain", 406, mediaJSON, notServed},
		{"GET", "/api", "text/plain", 406, mediaJSON, notListed},
		{"GET", "/api", table, 406, mediaJSON, notServed},
		{"GET", "/apis/apps", "text/html", 406, mediaJSON, notServed},
		{"GET", "/apis/apps/v1", "application/cbor", 406, mediaJSON, notListed},
		{"GET", "/apis/apps/v1", table, 406, mediaJSON, notServed},
		{"GET", "/apis/apps/v1", mediaJSON + v2, 406, mediaJSON, notServed},
		{"POST", "/api/v1", "", 405, mediaJSON, "the server does not allow this method on the requested resource"},
		{"HEAD", "/apis/apps/v1", "", 405, mediaJSON, ""},
		{"POST", "/apis/apps", "", 200, mediaJSON, `"APIGroup"`},
		{"GET", "/apis/apps/v9", "", 404, mediaJSON, `"message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404`},
		{"GET", "/api/v2", "application/yaml", 404, mediaYAML, "reason: NotFound"},
		{"GET", "/apis/nope", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
		{"GET", "/apis/nope/v1", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
		{"GET", "/apis//v1", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
		{"GET", "/apis/apps/v1/deployments", "", 404, "text/plain; charset=utf-8", "404 page not found\n"},
	} {
		w := send(t, d, c.method, c.path, "Accept", c.accept)
		if w.Code != c.code || w.Header().Get("Content-Type") != c.media || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s %q: %d %s %.400s", c.method, c.path, c.accept, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestAggregatedTag(t *testing.T) {
	d := NewDiscovery(builtIn(), "localhost:16443")
	// The tags that the reference gave for these lists.
	for path, tag := range map[string]string{
		"/api":  `"4D7E1BED90B364BC86049DD9E636494980AEF65B7F8CFAA267616FA062B514A8A3CC2C2851CC9337B8D28B4C80960E2353DE5E0B152E87CC223E02EA3C5C37AC"`,
		"/apis": `"A74552DF419C4697E3A22F67B8FE55FD8F2CC33F6134FF206B16341598294CDE9896C7F67B2819217E6BB70E74F97FCC864DDFCDB02FDA565699CC7D6E3CC377"`,
	} {
		w := get(t, d, path, "Accept", mediaJSON+v2)
		h := w.Header()
		if h.Get("Etag") != tag || h.Get("Vary") != "Accept" || h.Get("Cache-Control") != "public" {
			t.Errorf("%s: %v", path, h)
		}
		w = get(t, d, path, "Accept", mediaProtobuf+v2, "If-None-Match", tag)
		if w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("Etag") != tag || w.Header().Get("Content-Type") != "" {
			t.Errorf("%s, unchanged: %d %v", path, w.Code, w.Header())
		}
		if w = get(t, d, path, "Accept", mediaJSON, "If-None-Match", tag); w.Code != 200 {
			t.Errorf("%s, other form: %d", path, w.Code)
		}
	}
}

// A resource that comes at run time is in all answers at once, and gone again when it goes.
func TestResourcesThatComeLater(t *testing.T) {
	reg := builtIn()
	d := NewDiscovery(reg, "localhost:16443")
	before := get(t, d, "/apis", "Accept", mediaJSON+v2).Header().Get("Etag")
	stable, widget := reg.All(), func(version string) *resource.Resource {
		return &resource.Resource{Row: resources.Row{Group: "example.dev", Version: version, Resource: "widgets", Kind: "Widget",
			KindGroup: "example.dev", KindVersion: version, Namespaced: true, Singular: "widget", ShortNames: []string{"wi"},
			Verbs: []string{"get", "list"}, Storage: "example.dev/v1"}}
	}
	reg.Replace(append(stable[:len(stable):len(stable)], widget("v1alpha1"), widget("v1"), widget("v1beta1")))
	for path, has := range map[string]string{
		"/apis":                      `{"name":"example.dev","versions":[{"groupVersion":"example.dev/v1","version":"v1"},{"groupVersion":"example.dev/v1beta1","version":"v1beta1"},{"groupVersion":"example.dev/v1alpha1","version":"v1alpha1"}],"preferredVersion":{"groupVersion":"example.dev/v1","version":"v1"}}]}`,
		"/apis/example.dev":          `"kind":"APIGroup"`,
		"/apis/example.dev/v1alpha1": `{"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","verbs":["get","list"],"shortNames":["wi"],"storageVersionHash":"dGliDuVrUiQ="}`,
	} {
		if w := get(t, d, path); w.Code != 200 || !strings.Contains(w.Body.String(), has) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := get(t, d, "/apis", "Accept", mediaJSON+v2, "If-None-Match", before); w.Code != 200 || !strings.Contains(w.Body.String(), `"name":"example.dev"`) {
		t.Errorf("aggregated: %d", w.Code)
	}
	reg.Replace(stable)
	if w := get(t, d, "/apis/example.dev"); w.Code != 404 {
		t.Errorf("still served: %d", w.Code)
	}
	if tag := get(t, d, "/apis", "Accept", mediaJSON+v2).Header().Get("Etag"); tag != before {
		t.Errorf("the tag is another one: %s", tag)
	}
}

func TestServerAddresses(t *testing.T) {
	_, pods, err := net.ParseCIDR("10.0.0.0/24")
	if err != nil {
		t.Fatal(err)
	}
	d := NewDiscovery(builtIn(), "api.example:6443", AddressRule{Network: *pods, Address: "10.0.0.1:443"})
	const inside = `{"clientCIDR":"10.0.0.0/24","serverAddress":"10.0.0.1:443"}`
	for forwarded, want := range map[string]bool{"10.0.0.7": true, "10.0.1.7": false, "": false} {
		body := get(t, d, "/api", "X-Forwarded-For", forwarded).Body.String()
		if !strings.Contains(body, `{"clientCIDR":"0.0.0.0/0","serverAddress":"api.example:6443"}`) || strings.Contains(body, inside) != want {
			t.Errorf("from %q: %s", forwarded, body)
		}
	}
}

func TestEmptyRegistry(t *testing.T) {
	d := NewDiscovery(resource.NewRegistry(nil), "x:1")
	for path, code := range map[string]int{"/api": 200, "/apis": 200, "/api/v1": 404, "/apis/apps": 404} {
		for _, accept := range []string{mediaJSON, mediaJSON + v2 + "," + mediaJSON} {
			if w := get(t, d, path, "Accept", accept); w.Code != code {
				t.Errorf("%s %s: %d", path, accept, w.Code)
			}
		}
	}
}
