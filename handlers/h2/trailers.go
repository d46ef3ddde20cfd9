package h2

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// declaredTrailers are the names in the Trailer header.
func declaredTrailers(h http.Header) []string {
	var names []string
	for _, line := range h["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if httpguts.ValidTrailerHeader(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// trailers are what follows the body: declared ones that have a value by now, and those with net/http's prefix.
func (w *response) trailers() []hpack.HeaderField {
	var fields []hpack.HeaderField
	add := func(name string, values []string) {
		if name = strings.ToLower(name); aboutConnection(name) {
			return
		}
		for _, v := range values {
			if httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(v) {
				fields = append(fields, hpack.HeaderField{Name: name, Value: v})
			}
		}
	}
	for _, name := range w.declared {
		add(name, w.header[name])
	}
	for name, values := range w.header {
		if bare, found := strings.CutPrefix(name, http.TrailerPrefix); found && httpguts.ValidTrailerHeader(http.CanonicalHeaderKey(bare)) {
			add(bare, values)
		}
	}
	return fields
}
