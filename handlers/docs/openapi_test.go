package docs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
	"k8s.io/kube-openapi/pkg/spec3"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	askV2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
	askV3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
)

func index(t *testing.T, h http.Handler) map[string]string {
	t.Helper()
	w := get(t, h, "/openapi/v3")
	var list struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	out := map[string]string{}
	for path, link := range list.Paths {
		out[path] = link.ServerRelativeURL
	}
	return out
}

// The paths of the index are those of the reference: groups, their enabled versions and a few others.
func TestIndex(t *testing.T) {
	want := []string{".well-known/openid-configuration", "api", "api/v1", "apis", "openid/v1/jwks", "version"}
	for _, row := range resources.Rows {
		if row.Enabled && row.Group != "" {
			want = append(want, "apis/"+row.Group, "apis/"+row.Group+"/"+row.Version)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	links := index(t, NewOpenAPI(builtIn()))
	if got := slices.Sorted(maps.Keys(links)); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	seen := map[string]string{}
	for path, link := range links {
		_, sum, ok := strings.Cut(link, "/openapi/v3/"+path+"?hash=")
		if !ok || len(sum) != 128 || strings.Trim(sum, "0123456789ABCDEF") != "" || seen[sum] != "" {
			t.Errorf("%s: %s %s", path, link, seen[sum])
		}
		seen[sum] = path
	}
}

func TestV3Headers(t *testing.T) {
	o := NewOpenAPI(builtIn())
	link := index(t, o)["apis/apps/v1"]
	_, sum, _ := strings.Cut(link, "=")
	tag := `"` + sum + `"`
	for _, c := range []struct {
		path, accept, match string
		code                int
		media, cache        string
	}{
		{"/openapi/v3/apis/apps/v1", "", "", 200, "application/json", "no-cache, private"},
		{"/openapi/v3/apis/apps/v1", "application/json", "", 200, "application/json", "no-cache, private"},
		{"/openapi/v3/apis/apps/v1", "text/html, */*;q=0.8", "", 200, "application/json", "no-cache, private"},
		{"/openapi/v3/apis/apps/v1", askV3, "", 200, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", "no-cache, private"},
		{link, "*/*", "", 200, "application/json", "public, immutable"},
		{link, askV3, "", 200, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", "public, immutable"},
		{link, "*/*", tag, 304, "", "public, immutable"},
		{"/openapi/v3/apis/apps/v1", "*/*", tag, 304, "", "no-cache, private"},
		{"/openapi/v3/apis/apps/v1", "*/*", `"other"`, 200, "application/json", "no-cache, private"},
		{"/openapi/v3/apis/apps/v1?hash=0A", "*/*", "", 301, "application/json", "no-cache, private"},
		{link, "application/yaml", "", 406, "", "no-cache, private"},
		{link, askV2, "", 406, "", "no-cache, private"},
		{"/openapi/v3/", "", "", 404, "", "no-cache, private"},
		{"/openapi/v3/apis/apps/v2", "", "", 404, "", "no-cache, private"},
		{"/openapi/v3/apis/resource.k8s.io/v1beta1", "", "", 404, "", "no-cache, private"},
		{"/openapi/v3/logs", "", "", 404, "", "no-cache, private"},
		{"/openapi", "", "", 404, "text/plain; charset=utf-8", "no-cache, private"},
		{"/openapi/v2/", "", "", 404, "text/plain; charset=utf-8", "no-cache, private"},
	} {
		w := get(t, o, c.path, "Accept", c.accept, "If-None-Match", c.match)
		h := w.Header()
		if w.Code != c.code || h.Get("Content-Type") != c.media || h.Get("Cache-Control") != c.cache {
			t.Errorf("%.80s %s: %d %v", c.path, c.accept, w.Code, h)
		}
		if w.Code < 400 && (h.Get("Etag") != tag || h.Get("Vary") != "Accept") {
			t.Errorf("%.80s %s: %v", c.path, c.accept, h)
		}
		if (w.Code == 301) != (h.Get("Location") == link) || (w.Code != 200 && w.Code != 404 && w.Body.Len() != 0) {
			t.Errorf("%.80s: location %q, body %.80s", c.path, h.Get("Location"), w.Body)
		}
		if (h.Get("Expires") != "") != (c.cache == "public, immutable") {
			t.Errorf("%.80s: expires %q", c.path, h.Get("Expires"))
		}
	}
}

// Every document can be read by the libraries that clients use, in both forms, and every reference leads somewhere.
func TestV3Documents(t *testing.T) {
	o := NewOpenAPI(builtIn())
	for path, link := range index(t, o) {
		text := get(t, o, link).Body.Bytes()
		var doc spec3.OpenAPI
		if err := json.Unmarshal(text, &doc); err != nil || len(doc.Paths.Paths) == 0 {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var any object
		if err := json.Unmarshal(text, &any); err != nil {
			t.Fatal(err)
		}
		references(any, func(ref string) {
			if name := strings.TrimPrefix(ref, "#/components/schemas/"); doc.Components.Schemas[name] == nil {
				t.Errorf("%s: %s leads nowhere", path, ref)
			}
		})
		var binary openapi_v3.Document
		if err := proto.Unmarshal(get(t, o, link, "Accept", askV3).Body.Bytes(), &binary); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if got := len(binary.GetPaths().GetPath()); got != len(doc.Paths.Paths) {
			t.Errorf("%s: %d paths in protobuf, %d in JSON", path, got, len(doc.Paths.Paths))
		}
	}
}

func references(x any, visit func(string)) {
	switch t := x.(type) {
	case object:
		for key, value := range t {
			if ref, ok := value.(string); ok && key == "$ref" {
				visit(ref)
				continue
			}
			references(value, visit)
		}
	case []any:
		for _, one := range t {
			references(one, visit)
		}
	}
}

func TestV2(t *testing.T) {
	o := NewOpenAPI(builtIn())
	w := get(t, o, "/openapi/v2")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatal(w.Code, w.Header())
	}
	text, tag := w.Body.Bytes(), w.Header().Get("Etag")
	var doc object
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	references(doc, func(ref string) {
		part := strings.Split(ref, "/")
		if len(part) != 3 || part[0] != "#" || child(doc, part[1])[part[2]] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
	w = get(t, o, "/openapi/v2", "Accept", askV2)
	if w.Header().Get("Content-Type") != "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" || w.Header().Get("Etag") != tag {
		t.Error(w.Code, w.Header())
	}
	var binary openapi_v2.Document
	if err := proto.Unmarshal(w.Body.Bytes(), &binary); err != nil {
		t.Fatal(err)
	}
	// The reference's figures for the enabled groups.
	if n, p := len(binary.GetDefinitions().GetAdditionalProperties()), len(binary.GetPaths().GetPath()); n != 584 || p != 408 {
		t.Errorf("%d definitions, %d paths", n, p)
	}
	if old := get(t, o, "/swaggerapi"); !bytes.Equal(old.Body.Bytes(), text) {
		t.Error("/swaggerapi is another document")
	}
	if w = get(t, o, "/openapi/v2", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Error(w.Code)
	}
	if w = get(t, o, "/openapi/v2", "Accept", "application/yaml"); w.Code != 406 || w.Body.Len() != 0 {
		t.Error(w.Code)
	}
	w = get(t, o, "/openapi/v2", "Accept-Encoding", "deflate, gzip;q=1.0")
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" || !slices.Contains(w.Header().Values("Vary"), "Accept-Encoding") {
		t.Fatal(err, w.Header())
	}
	if b, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(b, text) {
		t.Error("compressed differs", err)
	}
}

// What clients look for in the merged document: old ones find dry run in the patch operation itself, and kinds of every
// group carry all groups.
func TestV2ForClients(t *testing.T) {
	var doc object
	if err := json.Unmarshal(get(t, NewOpenAPI(builtIn()), "/openapi/v2").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	found := map[any]bool{}
	patch := child(child(child(doc, "paths"), "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"), "patch")
	for _, p := range patch["parameters"].([]any) {
		found[p.(object)["name"]] = true
	}
	if !found["dryRun"] || !found["fieldValidation"] || !found["body"] {
		t.Errorf("patch has %v", found)
	}
	if got := fmt.Sprint(patch[gvkExtension]); got != "map[group:apps kind:Deployment version:v1]" {
		t.Error(got)
	}
	options := fmt.Sprint(child(child(doc, "definitions"), "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")[gvkExtension])
	for _, group := range []string{"apps", "batch", "rbac.authorization.k8s.io"} {
		if !strings.Contains(options, "map[group:"+group+" kind:DeleteOptions version:v1]") {
			t.Errorf("DeleteOptions lacks %s: %s", group, options)
		}
	}
	quantity := child(child(doc, "definitions"), "io.k8s.apimachinery.pkg.api.resource.Quantity")
	if quantity["type"] != "string" || quantity["oneOf"] != nil {
		t.Errorf("quantity: %v", quantity)
	}
}

// fake is one document for each path, with one schema.
type fake map[string]string

func (f fake) Paths() []string { return slices.Sorted(maps.Keys(f)) }

func (f fake) Document(path string) ([]byte, error) {
	if f[path] == "" {
		return nil, fmt.Errorf("no document %s", path)
	}
	return fmt.Appendf(nil, `{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{"/%s/":{}},"components":{"schemas":{%q:{"type":"object"}}}}`, path, f[path]), nil
}

// A group-version that comes at run time has its document in the index and in v2 at once, and other links stay the same.
func TestDocumentsFollowTheRegistry(t *testing.T) {
	stable := []*resource.Resource{{Row: resources.Row{Group: "apps", Version: "v1", Resource: "deployments"}}}
	widget := &resource.Resource{Row: resources.Row{Group: "example.dev", Version: "v1", Resource: "widgets"}}
	reg := resource.NewRegistry(stable)
	o := newOpenAPI(reg, fake{"apis/apps/v1": "Deployment", "apis/example.dev": "APIGroup", "apis/example.dev/v1": "Widget"}, nil)
	before, tag := index(t, o), get(t, o, "/openapi/v2").Header().Get("Etag")
	if len(before) != 1 {
		t.Errorf("before: %v", before)
	}
	reg.Replace([]*resource.Resource{stable[0], widget})
	after := index(t, o)
	if len(after) != 3 || after["apis/apps/v1"] != before["apis/apps/v1"] {
		t.Errorf("after: %v", after)
	}
	w := get(t, o, "/openapi/v2", "If-None-Match", tag)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"Widget"`) || !strings.Contains(w.Body.String(), `"Deployment"`) {
		t.Errorf("v2: %d %s", w.Code, w.Body)
	}
	if w := get(t, o, "/openapi/v3/apis/example.dev/v1"); w.Code != 200 || !strings.Contains(w.Body.String(), "Widget") {
		t.Errorf("v3: %d %s", w.Code, w.Body)
	}
	reg.Replace(stable)
	if w := get(t, o, "/openapi/v3/apis/example.dev/v1"); w.Code != 404 {
		t.Errorf("gone: %d", w.Code)
	}
	if got := get(t, o, "/openapi/v2").Header().Get("Etag"); got != tag {
		t.Errorf("tag of v2: %s, was %s", got, tag)
	}
}

// A document that cannot be made is an error for its readers, with a Status and without an entity tag.
func TestDocumentsThatFail(t *testing.T) {
	reg := resource.NewRegistry([]*resource.Resource{{Row: resources.Row{Group: "apps", Version: "v1", Resource: "deployments"}}})
	o := newOpenAPI(reg, fake{"apis/apps/v1": ""}, nil)
	for _, path := range []string{"/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1"} {
		w := get(t, o, path)
		if w.Code != 500 || !strings.Contains(w.Body.String(), "no document apis/apps/v1") || w.Header().Get("Etag") != "" {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
}
