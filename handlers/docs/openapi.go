package docs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/munnerz/goautoneg"

	"github.com/gatehouse-dev/gatehouse/gen/openapi"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// documents are the OpenAPI v3 documents by their path in the index (api/v1, apis/apps/v1, version), without descriptions.
type documents interface {
	Paths() []string
	Document(path string) ([]byte, error)
}

// builtInDocuments are those made from the resource model.
type builtInDocuments struct{}

func (builtInDocuments) Paths() []string                      { return openapi.Paths() }
func (builtInDocuments) Document(path string) ([]byte, error) { return openapi.Document(path) }

// OpenAPI answers /openapi/v3 and below, /openapi/v2, and /swaggerapi, where v2 once was.
//
// Nothing is made before somebody asks, and only compressed bytes are kept. Documents are made one at a time: a client that
// asks for all of them at once must not make the process hold all of them unpacked.
type OpenAPI struct {
	registry  *resource.Registry
	documents documents
	describe  describer
	// revision stands for all that goes into a document beside its source.
	revision string

	// mu guards the state below it.
	mu     sync.Mutex
	v3     map[string]*document
	merged *merged
	base   *baseV2
	shared map[string]*sharedSchema

	// making is held while a document is made.
	making sync.Mutex
}

// merged is what is made of all documents that a state of the registry shows.
type merged struct {
	view *view
	// builtIn are the paths of ready-made documents, sorted; base is the v2 document that they make.
	builtIn []string
	base    *baseV2

	index sync.Once
	list  []byte // the answer of /openapi/v3
	err   error

	hashOnce sync.Once // of v2
	hash     string
	hashErr  error
}

// NewOpenAPI publishes the documents of the group-versions that reg has.
func NewOpenAPI(reg *resource.Registry) *OpenAPI {
	return newOpenAPI(reg, builtInDocuments{}, openapi.Described)
}

// newOpenAPI takes the descriptions of a model (a published type name) from SwaggerDoc() of the value that types returns.
func newOpenAPI(reg *resource.Registry, from documents, types func(model string) any) *OpenAPI {
	o := &OpenAPI{registry: reg, documents: from, describe: describer{types}, v3: map[string]*document{}}
	o.revision = o.describe.revision()
	return o
}

func (o *OpenAPI) current() *merged {
	groups := o.registry.Groups()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.merged != nil && o.merged.view.of(groups) {
		return o.merged
	}
	m := &merged{}
	if o.merged == nil {
		m.view = newView(groups, nil)
	} else {
		m.view = newView(groups, o.merged.view)
	}
	for _, path := range o.documents.Paths() {
		if m.view.publishes(path) {
			m.builtIn = append(m.builtIn, path)
		}
	}
	slices.Sort(m.builtIn)
	if o.base == nil || !slices.Equal(o.base.paths, m.builtIn) {
		o.base = &baseV2{paths: m.builtIn}
	}
	m.base = o.base
	o.merged = m
	return m
}

// publishes says whether the document of a path belongs to what is served. What is not of a group always does, but for
// /logs, which shows the machine's files and is not served.
func (v *view) publishes(path string) bool {
	part := strings.Split(path, "/")
	switch {
	case path == "logs":
		return false
	case part[0] == "api" && len(part) == 2:
		g := v.group("")
		return g != nil && g.version(part[1]) != nil
	case part[0] == "apis" && len(part) == 2:
		return v.group(part[1]) != nil
	case part[0] == "apis" && len(part) == 3:
		g := v.group(part[1])
		return g != nil && g.version(part[2]) != nil
	}
	return true
}

// ready is the ready-made document of a path, made or not. It outlives changes of the registry: they do not change it.
func (o *OpenAPI) ready(path string) *document {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.v3[path]
	if d == nil {
		d = &document{}
		o.v3[path] = d
	}
	return d
}

const (
	openapiV2 = "com.github.proto-openapi.spec.v2.v1.0+protobuf"
	openapiV3 = "com.github.proto-openapi.spec.v3.v1.0+protobuf"
)

// ServeHTTP knows the path by itself.
func (o *OpenAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache, private")
	switch path := r.URL.Path; {
	case path == "/openapi/v2" || path == "/swaggerapi":
		o.serveV2(w, r)
	case path == "/openapi/v3":
		o.serveIndex(w, r)
	case strings.HasPrefix(path, "/openapi/v3/"):
		o.serveV3(w, r, strings.TrimPrefix(path, "/openapi/v3/"))
	default:
		pageNotFound(w)
	}
}

func (o *OpenAPI) serveIndex(w http.ResponseWriter, r *http.Request) {
	m := o.current()
	m.index.Do(func() { m.list, m.err = o.makeIndex(m) })
	if m.err != nil {
		writeStatus(w, r, internalError(m.err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8") // upstream lets the type be guessed, and it is not
	write(w, http.StatusOK, m.list)
}

func (o *OpenAPI) makeIndex(m *merged) ([]byte, error) {
	type link struct {
		ServerRelativeURL string `json:"serverRelativeURL"`
	}
	index := struct {
		Paths map[string]link `json:"paths"`
	}{map[string]link{}}
	for _, path := range m.builtIn {
		h, err := o.hash(path)
		if err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
		index.Paths[path] = link{hashed(path, h)}
	}
	for v := range m.others() {
		index.Paths[v.path()] = link{hashed(v.path(), o.hashOther(v))}
	}
	b, err := json.Marshal(index)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return b, nil
}

func hashed(path, hash string) string { return "/openapi/v3/" + path + "?hash=" + hash }

// hash is known without making the document: kubectl reads the index for every command, and a document or two after that.
func (o *OpenAPI) hash(path string) (string, error) {
	d := o.ready(path)
	d.hashOnce.Do(func() {
		source, err := o.documents.Document(path)
		if err != nil {
			d.hashErr = err
			return
		}
		d.hash = hash(append(source, o.revision...))
	})
	return d.hash, d.hashErr
}

func (o *OpenAPI) serveV3(w http.ResponseWriter, r *http.Request, path string) {
	d, sum, make, err := o.find(path)
	if err == nil && d == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h := w.Header()
	h["Vary"] = []string{"Accept", "Accept-Encoding"}
	binary, ok := wantsProtobuf(r, openapiV3)
	if !ok {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	h.Set("Etag", `"`+sum+`"`)
	if asked := r.URL.Query().Get("hash"); asked != "" && asked != sum {
		// An old link. The new one is permanent: the client's cache then forgets the old.
		h.Set("Content-Type", mediaJSON)
		h.Set("Location", hashed(path, sum))
		w.WriteHeader(http.StatusMovedPermanently)
		return
	} else if asked != "" {
		h.Set("Cache-Control", "public, immutable")
		h.Set("Expires", time.Now().UTC().AddDate(1, 0, 0).Format(time.RFC1123))
	}
	o.serve(w, r, binary, openapiV3, func() (body, error) {
		body, err := d.json(&o.making, make)
		if binary && err == nil {
			body, err = d.protobuf(&o.making, openapiV3)
		}
		return body, err
	})
}

// find is the document of a path, its entity tag and what makes it; no document when there is none.
func (o *OpenAPI) find(path string) (d *document, sum string, make source, err error) {
	m := o.current()
	if _, ready := slices.BinarySearch(m.builtIn, path); ready {
		sum, err = o.hash(path)
		return o.ready(path), sum, func() ([]byte, error) { return o.makeV3(path) }, err
	}
	if v := m.other(path); v != nil {
		return &v.document, o.hashOther(v), func() ([]byte, error) { return o.makeOther(v) }, nil
	}
	return nil, "", nil, nil
}

func (o *OpenAPI) serveV2(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Vary"] = []string{"Accept-Encoding", "Accept"}
	binary, ok := wantsProtobuf(r, openapiV2)
	if !ok {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	m := o.current()
	sum, err := o.hashV2(m)
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	h.Set("Etag", `"`+sum+`"`)
	o.serve(w, r, binary, openapiV2, func() (body, error) {
		if binary {
			return o.binaryV2(m)
		}
		return o.textV2(m)
	})
}

// body is what an answer is sent from.
type body interface {
	serve(w http.ResponseWriter, r *http.Request)
}

// serve answers with what make returns. The entity tag is in the header already.
func (o *OpenAPI) serve(w http.ResponseWriter, r *http.Request, binary bool, media string, make func() (body, error)) {
	h := w.Header()
	if r.Header.Get("If-None-Match") == h.Get("Etag") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", mediaJSON)
	if binary {
		h.Set("Content-Type", "application/"+media)
	}
	body, err := make()
	if err != nil {
		for _, name := range []string{"Etag", "Expires"} {
			h.Del(name)
		}
		writeStatus(w, r, internalError(err))
		return
	}
	body.serve(w, r)
}

// wantsProtobuf decides between JSON and a protobuf media type, which clients also write with @ before its version.
func wantsProtobuf(r *http.Request, media string) (binary, ok bool) {
	accept := r.Header.Get("Accept")
	if accept == "" {
		return false, true
	}
	for _, c := range goautoneg.ParseAccept(accept) {
		switch {
		case c.Type != "application" && c.Type != "*":
		case c.SubType == "json" || c.SubType == "*":
			return false, true
		case strings.Replace(c.SubType, "@", ".", 1) == media:
			return true, true
		}
	}
	return false, false
}
