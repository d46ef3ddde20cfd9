package codec

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/munnerz/goautoneg"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Format is an encoding of objects.
type Format uint8

// The formats, in the order in which they are offered.
const (
	JSON Format = iota
	YAML
	Protobuf
)

var mediaTypes = [...]string{runtime.ContentTypeJSON, runtime.ContentTypeYAML, runtime.ContentTypeProtobuf}

// MediaType is the media type of one object in the format.
func (f Format) MediaType() string { return mediaTypes[f] }

// WatchType is the media type of a stream of events in the format.
func (f Format) WatchType() string {
	if f == JSON {
		return runtime.ContentTypeJSON
	}
	return mediaTypes[f] + ";stream=watch"
}

// Endpoint is what can be answered with.
type Endpoint struct {
	// NoTransform is set where objects cannot be shown as tables or as metadata only.
	NoTransform bool
	// NoProtobuf is set for kinds that have no protobuf form: custom resources. Their metadata has one.
	NoProtobuf bool
}

// Output is what a client wants to read.
type Output struct {
	Format Format
	// As is the kind that objects are to be shown as: Table, PartialObjectMetadata or PartialObjectMetadataList of
	// meta.k8s.io; empty for the objects themselves.
	As schema.GroupVersionKind
	// Pretty JSON is indented.
	Pretty bool
}

// IsTable says whether a table is wanted.
func (o Output) IsTable() bool { return o.As.Kind == "Table" }

// IsMetadata says whether only metadata is wanted.
func (o Output) IsMetadata() bool { return strings.HasPrefix(o.As.Kind, "PartialObjectMetadata") }

// notAcceptable is the answer to a client that accepts nothing that can be given.
func notAcceptable(message string, details *metav1.StatusDetails) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotAcceptable, Reason: metav1.StatusReasonNotAcceptable,
		Message: message, Details: details,
	}}
}

// Route is the first of two looks at the Accept header, before anything else of the request is looked at: it compares whole
// media types without their parameters. 406 when none of them is known; where the path has a list, and so watches, it offers
// their streams too.
func Route(r *http.Request, list bool) error {
	header := r.Header.Get("Accept")
	if header == "" {
		return nil
	}
	for part := range strings.SplitSeq(header, ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		mediaType = strings.Trim(mediaType, " ")
		if mediaType == "*/*" || mediaType == mediaTypes[JSON] || mediaType == mediaTypes[YAML] || mediaType == mediaTypes[Protobuf] {
			return nil
		}
	}
	offered := strings.Join(mediaTypes[:], ", ")
	if list {
		offered += ", " + streams
	}
	return notAcceptable("406: Not Acceptable\n\nAvailable representations: "+offered, &metav1.StatusDetails{})
}

// Negotiate finds what to answer a request with, from its Accept header, pretty parameter and User-Agent.
func Negotiate(h http.Header, query url.Values, e Endpoint) (Output, error) {
	out := Output{Pretty: WantsPretty(h, query)}
	header := h.Get("Accept")
	switch header {
	case "", "*/*", runtime.ContentTypeJSON:
		return out, nil
	case runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON: // the components of a cluster
		if !e.NoProtobuf {
			out.Format = Protobuf
		}
		return out, nil
	}
	for _, clause := range goautoneg.ParseAccept(header) {
		for f, mediaType := range mediaTypes {
			kind, sub, _ := strings.Cut(mediaType, "/")
			if clause.Type != "*" && clause.Type != kind || clause.SubType != "*" && clause.SubType != sub {
				continue
			}
			if as, pretty, ok := e.accept(Format(f), clause.Params); ok {
				out.Format, out.As = Format(f), as
				out.Pretty = out.Pretty || pretty
				return out, nil
			}
		}
	}
	accepted := mediaTypes[:]
	if e.NoProtobuf {
		accepted = accepted[:Protobuf]
	}
	return out, notAcceptable("only the following media types are accepted: "+strings.Join(accepted, ", "), nil)
}

// Streamable refuses a format that there are no streams of events in. It is asked last: the form of a watch is settled as a
// list's is, and upstream does not look for a worse match then.
func (f Format) Streamable() error {
	if f == YAML {
		return notAcceptable("only the following media types are accepted: "+streams, nil)
	}
	return nil
}

const streams = runtime.ContentTypeJSON + ";stream=watch, " + runtime.ContentTypeProtobuf + ";stream=watch"

// accept says whether the endpoint can do what the parameters of a media type ask for.
func (e Endpoint) accept(f Format, params map[string]string) (as schema.GroupVersionKind, pretty, ok bool) {
	transform := false
	for k, v := range params {
		switch k {
		case "as":
			as.Kind, transform = v, true
		case "g":
			as.Group, transform = v, true
		case "v":
			as.Version, transform = v, true
		case "stream":
			if v != "" && (v != "watch" || f == YAML) {
				return as, false, false
			}
		case "sv":
			if v != "" {
				return as, false, false
			}
		case "pretty":
			pretty = v == "1"
		}
	}
	if !transform {
		return as, pretty, f != Protobuf || !e.NoProtobuf
	}
	if e.NoTransform || as.Group != metav1.GroupName || as.Version != "v1" && as.Version != "v1beta1" {
		return as, false, false
	}
	switch as.Kind {
	case "Table":
		return as, pretty, f != Protobuf
	case "PartialObjectMetadata", "PartialObjectMetadataList":
		return as, pretty, true
	}
	return as, false, false
}

// WantsPretty says whether the answer is read by a person: by parameter, else by the name of the client.
func WantsPretty(h http.Header, query url.Values) bool {
	if p := query.Get("pretty"); p != "" {
		pretty, _ := strconv.ParseBool(p)
		return pretty
	}
	agent := h.Get("User-Agent")
	return strings.HasPrefix(agent, "curl") || strings.HasPrefix(agent, "Wget") || strings.HasPrefix(agent, "Mozilla/5.0")
}

// BodyFormat is the format of a request's body by its Content-Type, which is JSON when it says nothing.
func BodyFormat(contentType string, e Endpoint) (Format, error) {
	accepted := mediaTypes[:]
	if e.NoProtobuf {
		accepted = accepted[:Protobuf]
	}
	if contentType == "" {
		return JSON, nil
	}
	if mediaType, _, err := mime.ParseMediaType(contentType); err == nil {
		for f, m := range accepted {
			if m == mediaType {
				return Format(f), nil
			}
		}
	}
	return 0, UnsupportedMediaType(accepted)
}

// UnsupportedMediaType is the answer to a body in a format that is not accepted.
func UnsupportedMediaType(accepted []string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType,
		Message: "the body of the request was in an unknown format - accepted media types include: " + strings.Join(accepted, ", "),
	}}
}
