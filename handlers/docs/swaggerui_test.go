package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/swaggo/swag"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func smallServer() *OpenAPI {
	reg := resource.NewRegistry([]*resource.Resource{{Row: resources.Row{Group: "apps", Version: "v1", Resource: "deployments"}}})
	return newOpenAPI(reg, fake{"apis/apps/v1": "Deployment"}, nil)
}

func TestSwaggerUIFiles(t *testing.T) {
	u := NewSwaggerUI(smallServer())
	for _, c := range []struct {
		path, media, has string
		code             int
	}{
		{"/swagger-ui", "text/html; charset=utf-8", `href="/swagger-ui/"`, 301},
		{"/swagger-ui/", "text/html; charset=utf-8", `<script src="start.js">`, 200},
		{"/swagger-ui/index.html", "text/html; charset=utf-8", `<div id="swagger-ui">`, 200},
		{"/swagger-ui/start.js", "text/javascript; charset=utf-8", "SwaggerUIBundle({", 200},
		{"/swagger-ui/page.css", "text/css; charset=utf-8", "body", 200},
		{"/swagger-ui/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui", 200},
		{"/swagger-ui/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle", 200},
		{"/swagger-ui/favicon-32x32.png", "image/png", "PNG", 200},
		{"/swagger-ui/LICENSE.txt", "text/plain; charset=utf-8", "Apache License", 200},
		{"/swagger-ui/doc.json", mediaJSON, `"Deployment"`, 200},
		{"/swagger-ui/SHA256SUMS", "text/plain; charset=utf-8", "404 page not found", 404},
		{"/swagger-ui/swagger-ui.css.gz", "text/plain; charset=utf-8", "404 page not found", 404},
		{"/swagger-ui/../docs.js", "text/plain; charset=utf-8", "404 page not found", 404},
		{"/swagger-ui/nope.js", "text/plain; charset=utf-8", "404 page not found", 404},
		{"/swagger-uix", "text/plain; charset=utf-8", "404 page not found", 404},
	} {
		w := get(t, u, c.path)
		h := w.Header()
		if w.Code != c.code || h.Get("Content-Type") != c.media || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s: %d %v %.200s", c.path, w.Code, h, w.Body)
		}
		if h.Get("Content-Security-Policy") != contentPolicy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", c.path, h)
		}
		if c.code != 200 {
			continue
		}
		squeezed := get(t, u, c.path, "Accept-Encoding", "gzip")
		body := io.Reader(squeezed.Body)
		if squeezed.Header().Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(squeezed.Body); err != nil {
				t.Fatal(c.path, err)
			}
		}
		if b, err := io.ReadAll(body); err != nil || !bytes.Equal(b, w.Body.Bytes()) {
			t.Errorf("%s compressed is another: %v", c.path, err)
		}
		if again := get(t, u, c.path, "If-None-Match", h.Get("Etag")); h.Get("Etag") == "" || again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s again: %d, tag %q", c.path, again.Code, h.Get("Etag"))
		}
	}
	if w := send(t, u, "POST", "/swagger-ui/"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// The policy forbids scripts and styles in the page itself, and anything from elsewhere.
func TestSwaggerUIPageKeepsItsPolicy(t *testing.T) {
	page := get(t, NewSwaggerUI(smallServer()), "/swagger-ui/").Body.String()
	for _, bad := range []string{`<script>`, `<style`, ` style=`, `http:`, `https:`, `//`, ` on\w+=`} {
		if regexp.MustCompile(bad).MatchString(page) {
			t.Errorf("the page has %s", bad)
		}
	}
	if strings.Contains(contentPolicy, "unsafe") || strings.Contains(contentPolicy, "http") {
		t.Error(contentPolicy)
	}
}

// The vendored files are the published ones, in the version that is written down.
func TestSwaggerUIIsTheWrittenVersion(t *testing.T) {
	sums, err := os.ReadFile("swaggerui/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	u := NewSwaggerUI(smallServer())
	for _, line := range strings.Split(strings.TrimSpace(string(sums)), "\n") {
		sum, name, _ := strings.Cut(line, "  ")
		b := get(t, u, "/swagger-ui/"+name).Body.Bytes()
		if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != sum {
			t.Errorf("%s: %s, want %s", name, got, sum)
		}
		if strings.HasSuffix(name, ".js") && !bytes.Contains(b, []byte(`"`+SwaggerUIVersion+`"`)) {
			t.Errorf("%s does not name version %s", name, SwaggerUIVersion)
		}
	}
	readme, err := os.ReadFile("swaggerui/README.md")
	if err != nil || !strings.Contains(string(readme), "**"+SwaggerUIVersion+"**") {
		t.Error("README.md names another version", err)
	}
}

// The page reads the same document as other clients, through swag's registry; each server has its own.
func TestDocumentOfSwaggerUI(t *testing.T) {
	o, other := smallServer(), newOpenAPI(resource.NewRegistry(nil), fake{"version": "Info"}, nil)
	u, v := NewSwaggerUI(o), NewSwaggerUI(other)
	want := get(t, o, "/openapi/v2").Body.String()
	text, err := swag.ReadDoc(u.document)
	if err != nil || text != want || get(t, u, "/swagger-ui/doc.json").Body.String() != want {
		t.Errorf("%v: %s\nwant %s", err, text, want)
	}
	if body := get(t, v, "/swagger-ui/doc.json").Body.String(); !strings.Contains(body, `"Info"`) {
		t.Error(body)
	}
	broken := NewSwaggerUI(newOpenAPI(resource.NewRegistry(nil), fake{"version": ""}, nil))
	if w := get(t, broken, "/swagger-ui/doc.json"); w.Code != 500 || w.Header().Get("Etag") != "" {
		t.Errorf("broken: %d %v", w.Code, w.Header())
	}
	runtime.KeepAlive(o)
}

// swag's registry outlives servers; their documents must not.
func TestEndedServersAreLetGo(t *testing.T) {
	name := NewSwaggerUI(smallServer()).document
	for range 10 {
		runtime.GC()
		if text, err := swag.ReadDoc(name); err != nil {
			t.Fatal(err)
		} else if text == "" {
			return
		}
	}
	t.Error("the documents of a server that is gone are still there")
}
