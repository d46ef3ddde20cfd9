package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeDocuments writes gen/openapi: one compressed document per path of the /openapi/v3 index.
//
// The compressor is that of a pinned module and not the standard library's, whose bytes may change with the toolchain: then
// two people with different patch releases of Go would undo each other's commits.
func writeDocuments(m spec.Model, server []spec.ServerPath, out output) error {
	documents, err := publishedDocuments(m, server)
	if err != nil {
		return err
	}
	var entries strings.Builder
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		b, err := json.Marshal(documents[name])
		if err != nil {
			return fmt.Errorf("document %s: %w", name, err)
		}
		packed, err := pack(b)
		if err != nil {
			return fmt.Errorf("document %s: %w", name, err)
		}
		file := strings.ReplaceAll(strings.TrimPrefix(name, "."), "/", "_") + ".json.gz"
		out["openapi/v3/"+file] = packed
		fmt.Fprintf(&entries, "\t{%q, %q, %d},\n", name, file, len(b))
	}
	return out.goFile("openapi/documents.gen.go", documentsHead+entries.String()+"}\n")
}

// pack compresses without a name or a time, so that equal content gives equal bytes.
func pack(b []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

const documentsHead = `// Package openapi has the published documents of the API, one for each path of the /openapi/v3 index, made from the
// resource model: every constraint and default of the model is in them, descriptions are not (they come from the linked
// API module when a document is served).
//
// There is no ready-made v2 document: which groups it merges is known only at run time, when groups are switched on and
// off and custom resources come and go, so handlers/docs makes it from the v3 documents on the first request.
package openapi

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed v3/*.json.gz
var files embed.FS

// document is a path of the index, the file that holds it and its size without compression.
type document struct {
	path, file string
	size       int
}

// Paths are the paths of the /openapi/v3 index that have a document, sorted: api, api/v1, apis, apis/apps, apis/apps/v1,
// version.
func Paths() []string {
	out := make([]string, len(documents))
	for i, d := range documents {
		out[i] = d.path
	}
	return out
}

// Document unpacks the document of a path of the index. Nothing is kept: the caller owns the bytes.
func Document(path string) ([]byte, error) {
	i, ok := slices.BinarySearchFunc(documents, path, func(d document, path string) int { return strings.Compare(d.path, path) })
	if !ok {
		return nil, fmt.Errorf("no document for %q", path)
	}
	f, err := files.Open("v3/" + documents[i].file)
	if err != nil {
		return nil, fmt.Errorf("document of %s: %w", path, err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("document of %s: %w", path, err)
	}
	out := bytes.NewBuffer(make([]byte, 0, documents[i].size+bytes.MinRead))
	if _, err := io.Copy(out, r); err != nil {
		return nil, fmt.Errorf("document of %s: %w", path, err)
	}
	return out.Bytes(), nil
}

// V3 unpacks the document of a group-version.
func V3(group, version string) ([]byte, error) {
	if group == "" {
		return Document("api/" + version)
	}
	return Document("apis/" + group + "/" + version)
}

// documents is sorted by path.
var documents = []document{
`
