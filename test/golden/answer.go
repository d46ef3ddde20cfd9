package golden

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// shownHeaders are the headers that a client may act on, in the order in which a script lists them.
var shownHeaders = []string{
	"Content-Type", "Content-Encoding", "Cache-Control", "Vary", "Etag", "Location", "Allow", "Retry-After", "Warning", "X-Content-Type-Options",
	"Upgrade", "Sec-Websocket-Accept", "Sec-Websocket-Protocol",
}

// usualCacheControl is on nearly every answer; a script shows the header only where it is another one.
const usualCacheControl = "no-cache, private"

// describeHead writes the status line and the headers.
func describeHead(resp *http.Response, m *masker) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", resp.StatusCode, http.StatusText(resp.StatusCode))
	for _, name := range shownHeaders {
		values := resp.Header.Values(name)
		switch {
		case name == "Cache-Control" && len(values) == 0:
			values = []string{"<absent>"}
		case name == "Cache-Control" && len(values) == 1 && values[0] == usualCacheControl:
			continue
		case name == "Etag" && len(values) == 1:
			values = []string{"<etag>"}
		}
		for _, value := range values {
			fmt.Fprintf(&b, "%s: %s\n", name, m.text(value))
		}
	}
	return b.String()
}

// readBody undoes the compression that the answer announces: the client does not, so that the header can be compared.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(resp.Body)
	}
	plain, err := gzip.NewReader(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("not compressed as announced: %w", err)
	}
	return io.ReadAll(plain)
}

// decodeBody reads a body that has a structure; nil for one that has none. A step that shows parts of the body takes it
// for JSON under any media type: the index of /openapi/v3 is JSON that the reference calls plain text.
func decodeBody(req *Request, contentType string, body []byte) (*node, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || len(body) == 0 {
		return nil, nil
	}
	switch {
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		return parseJSON(body)
	case media == "application/yaml":
		return parseYAML(body)
	case media == "text/plain" && len(req.Show) > 0:
		return parseJSON(body)
	}
	return nil, nil
}

// protobufStart stands before the envelope of an object in protobuf.
var protobufStart = []byte("k8s\x00")

// describeEnvelope says what an object in protobuf is.
func describeEnvelope(b []byte) string {
	var envelope runtime.Unknown
	rest, found := bytes.CutPrefix(b, protobufStart)
	if err := envelope.Unmarshal(rest); err != nil || !found {
		return fmt.Sprintf("broken envelope: %v", err)
	}
	return envelope.APIVersion + " " + envelope.Kind
}

// describeEvent says what an event in protobuf is about.
func describeEvent(b []byte) string {
	var e metav1.WatchEvent
	if err := e.Unmarshal(b); err != nil {
		return fmt.Sprintf("<broken protobuf event: %v>", err)
	}
	return fmt.Sprintf("<protobuf: %s %s>", e.Type, describeEnvelope(e.Object.Raw))
}

// describeBody writes a body as the step asks for it. doc is what decodeBody made of it.
func describeBody(req *Request, doc *node, body []byte, m *masker) string {
	switch {
	case doc != nil && !req.Raw:
		m.document(doc)
		if len(req.Show) == 0 {
			return doc.pretty()
		}
		var lines []string
		for _, path := range req.Show {
			hits := path.find(doc)
			for _, hit := range hits {
				lines = append(lines, path.String()+" = "+hit.pretty())
			}
			if len(hits) == 0 {
				lines = append(lines, path.String()+" is absent")
			}
		}
		return strings.Join(lines, "\n")
	case bytes.HasPrefix(body, protobufStart):
		return "<protobuf: " + describeEnvelope(body) + ">"
	}
	if !utf8.Valid(body) {
		return "<binary>"
	}
	return strings.TrimRight(m.text(string(body)), "\n")
}
