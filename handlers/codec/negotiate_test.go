package codec

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	tableV1   = ";as=Table;v=v1;g=meta.k8s.io"
	partialV1 = ";as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
	routing   = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"
	accepting = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
	streaming = "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
)

func TestNegotiate(t *testing.T) {
	for _, x := range []struct {
		name, accept, query, agent string
		endpoint                   Endpoint
		format                     Format
		as                         string
		pretty, list               bool
		err                        string
	}{
		{name: "nothing"},
		{name: "anything", accept: "*/*"},
		{name: "JSON", accept: "application/json"},
		{name: "YAML", accept: "application/yaml", format: YAML},
		{name: "protobuf", accept: "application/vnd.kubernetes.protobuf", format: Protobuf},
		{name: "client-go", accept: "application/vnd.kubernetes.protobuf,application/json", format: Protobuf},
		{name: "quality", accept: "application/vnd.kubernetes.protobuf;q=0.1, application/yaml;q=0.9", format: YAML},
		{name: "spaces", accept: " application/yaml ; q=0.9 , text/html", format: YAML},
		{name: "browser", accept: "text/html,application/xhtml+xml,*/*;q=0.8", agent: "Mozilla/5.0 (X11)", pretty: true},
		{name: "group of types is not routed", accept: "application/*", err: routing},
		{name: "group of types", accept: "application/*, application/json"},
		{name: "unknown", accept: "foo/bar", err: routing},
		{name: "unknown on a list", accept: "foo/bar", list: true, err: routing + ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"},
		{name: "kubectl get", accept: "application/json" + tableV1 + ",application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", as: "Table"},
		{name: "table in protobuf", accept: "application/vnd.kubernetes.protobuf" + tableV1, err: accepting},
		{name: "table or objects", accept: "application/vnd.kubernetes.protobuf" + tableV1 + ",application/vnd.kubernetes.protobuf", format: Protobuf},
		{name: "table in YAML", accept: "application/yaml" + tableV1, format: YAML, as: "Table"},
		{name: "table where there is none", accept: "application/json" + tableV1, endpoint: Endpoint{NoTransform: true}, err: accepting},
		{name: "metadata", accept: "application/vnd.kubernetes.protobuf" + partialV1, format: Protobuf, as: "PartialObjectMetadata"},
		{name: "metadata of custom resources", accept: "application/vnd.kubernetes.protobuf" + partialV1, endpoint: Endpoint{NoProtobuf: true}, format: Protobuf, as: "PartialObjectMetadata"},
		{name: "custom resources", accept: "application/vnd.kubernetes.protobuf,application/json", endpoint: Endpoint{NoProtobuf: true}},
		{name: "only protobuf of custom resources", accept: "application/vnd.kubernetes.protobuf", endpoint: Endpoint{NoProtobuf: true}, err: "only the following media types are accepted: application/json, application/yaml"},
		{name: "unknown kind", accept: "application/json;as=Foo;v=v1;g=meta.k8s.io", err: accepting},
		{name: "kind of another group", accept: "application/json;as=Table;v=v1;g=apps", err: accepting},
		{name: "kind of another version", accept: "application/json;as=Table;v=v2;g=meta.k8s.io", err: accepting},
		{name: "server version", accept: "application/json;sv=v1", err: accepting},
		{name: "unknown parameter", accept: "application/json;charset=utf-8"},
		{name: "watch", accept: "application/vnd.kubernetes.protobuf;stream=watch,application/json", format: Protobuf},
		{name: "watch as table", accept: "application/json" + tableV1 + ",application/json", as: "Table"},
		{name: "unknown stream of a watch", accept: "application/json;stream=foo", err: accepting},
		{name: "unknown stream", accept: "application/json;stream=foo", err: accepting},
		{name: "pretty", query: "?pretty=true", pretty: true},
		{name: "pretty media type", accept: "application/json;pretty=1", pretty: true},
		{name: "curl", agent: "curl/8.5.0", pretty: true},
		{name: "curl that wants it compact", agent: "curl/8.5.0", query: "?pretty=0"},
		{name: "wget", agent: "Wget/1.21", pretty: true},
		{name: "kubectl", agent: "kubectl/v1.36.3"},
		{name: "not a type", accept: ";;;,,,/", err: routing},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/api/v1/pods"+x.query, nil)
			r.Header.Set("Accept", x.accept)
			r.Header.Set("User-Agent", x.agent)
			var out Output
			err := Route(r, x.list)
			if err == nil {
				out, err = Negotiate(r.Header, r.URL.Query(), x.endpoint)
			}
			if x.err != "" {
				var status *apierrors.StatusError
				if !errors.As(err, &status) || err.Error() != x.err || status.ErrStatus.Code != 406 || status.ErrStatus.Reason != "NotAcceptable" {
					t.Fatalf("got %v, want %s", err, x.err)
				}
				return
			}
			if err != nil || out.Format != x.format || out.As.Kind != x.as || out.Pretty != x.pretty {
				t.Fatalf("%+v %v", out, err)
			}
		})
	}
}

func TestStreamable(t *testing.T) {
	for f, want := range map[Format]string{JSON: "", Protobuf: "", YAML: streaming} {
		if err := f.Streamable(); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v", f.MediaType(), err)
		}
	}
}

func TestBodyFormat(t *testing.T) {
	const refused = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml"
	for _, x := range []struct {
		contentType string
		endpoint    Endpoint
		format      Format
		err         string
	}{
		{"", Endpoint{}, JSON, ""},
		{"application/json; charset=utf-8", Endpoint{}, JSON, ""},
		{"application/yaml", Endpoint{}, YAML, ""},
		{"application/vnd.kubernetes.protobuf", Endpoint{}, Protobuf, ""},
		{"application/vnd.kubernetes.protobuf", Endpoint{NoProtobuf: true}, 0, refused},
		{"foo/bar", Endpoint{}, 0, refused + ", application/vnd.kubernetes.protobuf"},
		{";", Endpoint{}, 0, refused + ", application/vnd.kubernetes.protobuf"},
	} {
		format, err := BodyFormat(x.contentType, x.endpoint)
		switch {
		case x.err != "":
			var status *apierrors.StatusError
			if !errors.As(err, &status) || err.Error() != x.err || status.ErrStatus.Code != 415 {
				t.Errorf("%q: got %v", x.contentType, err)
			}
		case err != nil || format != x.format:
			t.Errorf("%q: %v %v", x.contentType, format, err)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	for f, want := range map[Format][2]string{
		JSON:     {"application/json", "application/json"},
		Protobuf: {"application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf;stream=watch"},
	} {
		if f.MediaType() != want[0] || f.WatchType() != want[1] {
			t.Errorf("%v: %s %s", f, f.MediaType(), f.WatchType())
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("application/json;as=Table;v=v1;g=meta.k8s.io,*/*;q=0.1", "pretty=1")
	f.Fuzz(func(t *testing.T, accept, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Accept", accept)
		out, err := Negotiate(r.Header, r.URL.Query(), Endpoint{})
		if err != nil {
			if !apierrors.IsNotAcceptable(err) {
				t.Fatal(err)
			}
			return
		}
		if out.IsTable() && out.Format == Protobuf {
			t.Fatalf("%q gave %+v", accept, out)
		}
	})
}
