package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// message is what all discovery answers and Status are: JSON by reflection, protobuf by methods.
type message interface {
	runtime.Object
	Marshal() ([]byte, error)
}

type methods bool

const (
	// onlyGet is for paths of upstream's router, which refuses other methods and words its 406 in its own way.
	onlyGet methods = true
	// anyMethod is for the paths that upstream serves by plain handlers.
	anyMethod methods = false
)

func writeObject(w http.ResponseWriter, r *http.Request, m methods, o message) {
	if m == onlyGet {
		if r.Method != http.MethodGet {
			writeStatus(w, r, methodNotAllowed())
			return
		}
		if !namesOne(r.Header.Get("Accept"), served) {
			writeStatus(w, r, unknownRepresentation(served))
			return
		}
	}
	_, as, ok := negotiate(r.Header.Get("Accept"), false)
	if !ok {
		writeStatus(w, r, notAcceptable())
		return
	}
	body, err := as.encode(r, o)
	if err != nil {
		writeStatus(w, r, internalError(err))
		return
	}
	w.Header().Set("Content-Type", as.media)
	w.Header().Set("Cache-Control", "no-cache, private")
	write(w, http.StatusOK, body)
}

// writeStatus answers in the client's form where that is possible and in JSON else.
func writeStatus(w http.ResponseWriter, r *http.Request, s *metav1.Status) {
	_, as, ok := negotiate(r.Header.Get("Accept"), false)
	if !ok {
		as = form{media: mediaJSON}
	}
	body, err := as.encode(r, s)
	if err != nil {
		http.Error(w, s.Message, int(s.Code))
		return
	}
	w.Header().Set("Content-Type", as.media)
	w.Header().Set("Cache-Control", "no-cache, private")
	write(w, int(s.Code), body)
}

// write sends the body whole. A failure means that the client went away, and there is nobody left to tell.
func write(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

func pageNotFound(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-cache, private")
	http.Error(w, "404 page not found", http.StatusNotFound)
}

func (f form) encode(r *http.Request, o message) ([]byte, error) {
	if f.media == mediaProtobuf {
		return encodeProtobuf(o)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", o, err)
	}
	return f.text(r, b)
}

// text brings compact JSON into the form, which is not protobuf.
func (f form) text(r *http.Request, b []byte) ([]byte, error) {
	if f.media == mediaYAML {
		b, err := yaml.JSONToYAML(b)
		if err != nil {
			return nil, fmt.Errorf("encode as YAML: %w", err)
		}
		return b, nil
	}
	if f.pretty || codec.WantsPretty(r.Header, r.URL.Query()) {
		var out bytes.Buffer
		if err := json.Indent(&out, b, "", "  "); err != nil {
			return nil, fmt.Errorf("indent: %w", err)
		}
		return out.Bytes(), nil
	}
	return append(b, '\n'), nil
}

// encodeProtobuf wraps the message in the envelope that names its kind.
func encodeProtobuf(o message) ([]byte, error) {
	raw, err := o.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encode %T as protobuf: %w", o, err)
	}
	version, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	return envelope(metav1.TypeMeta{APIVersion: version, Kind: kind}, raw)
}

func envelope(of metav1.TypeMeta, raw []byte) ([]byte, error) {
	e := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: of.APIVersion, Kind: of.Kind}, Raw: raw}
	b, err := e.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encode %s as protobuf: %w", of.Kind, err)
	}
	return append([]byte("k8s\x00"), b...), nil
}

func failure(code int32, reason metav1.StatusReason, text string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: text, Details: &metav1.StatusDetails{},
	}
}

func notFound() *metav1.Status {
	return failure(http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource")
}

func methodNotAllowed() *metav1.Status {
	return failure(http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed,
		"the server does not allow this method on the requested resource")
}

func unknownRepresentation(media []string) *metav1.Status {
	return failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable,
		"406: Not Acceptable\n\nAvailable representations: "+strings.Join(media, ", "))
}

func notAcceptable() *metav1.Status {
	s := failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable,
		"only the following media types are accepted: "+strings.Join(served, ", "))
	s.Details = nil
	return s
}

func internalError(err error) *metav1.Status {
	s := failure(http.StatusInternalServerError, metav1.StatusReasonInternalError, "Internal error occurred: "+err.Error())
	s.Details.Causes = []metav1.StatusCause{{Message: err.Error()}}
	return s
}
