package docs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/swaggo/swag"
)

// SwaggerUIVersion is the version of the embedded swagger-ui-dist.
const SwaggerUIVersion = "5.35.0"

//go:embed swaggerui/*.html swaggerui/*.js swaggerui/*.css swaggerui/*.png swaggerui/*.txt swaggerui/*.gz
var assets embed.FS

// contentPolicy lets the page load and ask nothing but this server. Icons inside the style sheet are data: URLs.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// SwaggerUI answers /swagger-ui and below: a page to read the API and to try it out, with a token that is entered there.
type SwaggerUI struct {
	openapi *OpenAPI
	// document is the name of the document in swag's registry.
	document string
}

// NewSwaggerUI puts the merged document of o into swag's registry and shows it.
func NewSwaggerUI(o *OpenAPI) *SwaggerUI {
	return &SwaggerUI{openapi: o, document: register(o)}
}

// ServeHTTP knows the path by itself.
func (s *SwaggerUI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, "/swagger-ui/")
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache, private")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	case r.URL.Path == "/swagger-ui":
		http.Redirect(w, r, "/swagger-ui/", http.StatusMovedPermanently) // the page's links are relative
	case !below:
		pageNotFound(w)
	case name == "":
		s.serveAsset(w, r, "index.html")
	case name == "doc.json":
		s.serveDocument(w, r)
	default:
		s.serveAsset(w, r, name)
	}
}

func (s *SwaggerUI) serveDocument(w http.ResponseWriter, r *http.Request) {
	sum, err := s.openapi.hashV2(s.openapi.current())
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	if unchanged(w, r, sum) {
		return
	}
	text, err := swag.ReadDoc(s.document)
	if err == nil && text == "" {
		_, err = s.openapi.wholeV2() // the registry has no room for the reason
	}
	if err != nil {
		w.Header().Del("Etag")
		writeStatus(w, r, internalError(err))
		return
	}
	w.Header().Set("Content-Type", mediaJSON)
	sendSqueezed(w, r, []byte(text))
}

var mediaOf = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".png": "image/png", ".txt": "text/plain; charset=utf-8",
}

func (s *SwaggerUI) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	media := mediaOf[path.Ext(name)]
	if media == "" || !fs.ValidPath(name) {
		pageNotFound(w)
		return
	}
	plain, err := assets.ReadFile("swaggerui/" + name)
	var squeezed []byte
	if err != nil {
		squeezed, err = assets.ReadFile("swaggerui/" + name + ".gz")
	}
	if err != nil {
		pageNotFound(w)
		return
	}
	if unchanged(w, r, hash(append(plain, squeezed...))) {
		return
	}
	w.Header().Set("Content-Type", media)
	if squeezed == nil {
		write(w, http.StatusOK, plain)
		return
	}
	w.Header().Add("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		write(w, http.StatusOK, squeezed)
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(squeezed))
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, unpacked) // the bytes are our own: only a client that went away can fail this
}

// unchanged sets the entity tag and answers a client that has this content already.
func unchanged(w http.ResponseWriter, r *http.Request, sum string) bool {
	w.Header().Set("Etag", `"`+sum+`"`)
	if r.Header.Get("If-None-Match") != `"`+sum+`"` {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// sendSqueezed compresses the body on its way to clients that can read that.
func sendSqueezed(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if !acceptsGzip(r) {
		write(w, http.StatusOK, body)
		return
	}
	small, err := pack(body)
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	write(w, http.StatusOK, small.gzip)
}
