package codec

import (
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

var crdKind = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// The messages were recorded from the reference server.
func TestBody(t *testing.T) {
	configMap := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	for _, x := range []struct {
		name       string
		kind       schema.GroupVersionKind
		also       []schema.GroupVersion
		format     Format
		validation string
		body       string
		warnings   []string
		err        string
	}{
		{name: "good", body: `{"metadata":{"name":"a"}}`},
		{name: "kind and version", body: `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}`, validation: "Strict"},
		{name: "cut", body: `{`, err: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)`},
		{name: "empty", body: ``, err: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`},
		{name: "list", body: `[]`, err: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)`},
		{name: "other kind", body: `{"kind":"Pod","metadata":{"name":"a"}}`, err: `Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion`},
		{name: "unknown kind", body: `{"kind":"Foo","metadata":{"name":"a"}}`, err: `Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"`},
		{name: "unknown version", body: `{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"a"}}`, err: `ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"`},
		{name: "other group's kind", body: `{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a"}}`, err: `Deployment in version "v1" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown conversion`},
		{name: "other group", body: `{"apiVersion":"apps/v1","metadata":{"name":"a"}}`, err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"`},
		{name: "no version", body: `{"apiVersion":"a/b/c","metadata":{"name":"a"}}`, err: `the object provided is unrecognized (must be of type ConfigMap): unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c","metadat ...)`},
		{name: "type in a map", body: `{"metadata":{"name":"a"},"data":{"a":1}}`, err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string`},
		{name: "type in metadata", body: `{"metadata":{"name":1}}`, err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string`},
		{name: "strict", validation: "Strict", body: `{"metadata":{"name":"a","foo":1},"bar":2,"bar":3}`, err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.foo", unknown field "bar"`},
		{name: "strict duplicate", validation: "Strict", body: `{"metadata":{"name":"a","name":"b"}}`, err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "metadata.name"`},
		{name: "warn", validation: "Warn", body: `{"metadata":{"name":"a","foo":1},"bar":2,"bar":3}`, warnings: []string{`unknown field "metadata.foo"`, `unknown field "bar"`}},
		{name: "warn is the default", body: `{"metadata":{"name":"a"},"bar":2}`, warnings: []string{`unknown field "bar"`}},
		{name: "ignore", validation: "Ignore", body: `{"metadata":{"name":"a","foo":1},"bar":2,"bar":3}`},
		{name: "case counts", validation: "Warn", body: `{"metadata":{"name":"a"},"Data":{}}`, warnings: []string{`unknown field "Data"`}},
		{name: "YAML", format: YAML, body: "metadata:\n  name: a\n"},
		{name: "empty YAML", format: YAML},
		{name: "YAML strict", format: YAML, validation: "Strict", body: "metadata:\n  name: a\n  name: b\nfoo: 1\n", err: "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 3: key \"name\" already set in map, unknown field \"foo\""},
		{name: "YAML warn", format: YAML, validation: "Warn", body: "metadata:\n  name: a\n  name: b\nfoo: 1\n", warnings: []string{`line 3: key "name" already set in map`, `unknown field "foo"`}},
		{name: "not YAML", format: YAML, body: "a: b: c", err: `the object provided is unrecognized (must be of type ConfigMap): yaml: mapping values are not allowed in this context (613a20623a2063)`},
		{name: "YAML list", format: YAML, body: "- a", err: `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (2d2061)`},
		{name: "protobuf", format: Protobuf, body: "k8s\x00\x12\x05\x0a\x03\x0a\x01a"},
		{name: "not protobuf", format: Protobuf, body: "abc", err: `the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (616263)`},
		{name: "no protobuf", format: Protobuf, err: `the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)`},
		{name: "empty protobuf", format: Protobuf, body: "k8s\x00", err: `the object provided is unrecognized (must be of type ConfigMap): empty body (6b387300)`},
		{name: "wrong envelope", format: Protobuf, body: "k8s\x00\x08\x01", err: `the object provided is unrecognized (must be of type ConfigMap): proto: wrong wireType = 0 for field TypeMeta (6b3873000801)`},
		{name: "wrong message", format: Protobuf, body: "k8s\x00\x12\x03\x08\x01\x01", err: `ConfigMap in version "v1" cannot be handled as a ConfigMap: proto: wrong wireType = 0 for field ObjectMeta`},
		{name: "protobuf of another kind", format: Protobuf, body: "k8s\x00\x0a\x04\x12\x02xx", err: `xx in version "v1" cannot be handled as a ConfigMap: no kind "xx" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"`},
		{name: "other version", kind: schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"}, body: `{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"a"}}`, err: `the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)`},
		{name: "accepted version", kind: schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}, also: []schema.GroupVersion{{Group: "policy", Version: "v1beta1"}}, body: `{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"a"}}`},
		{name: "internal name of a group", kind: schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}, body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`, err: `ConfigMap in version "v1" cannot be handled as a Eviction: converting (v1.ConfigMap) to (policy.Eviction): unknown conversion`},
		{name: "no schema", kind: crdKind, body: `{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"additionalProperties":1}}}]}}`, err: `CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: boolean or JSON schema expected`},
		{name: "schema", kind: crdKind, body: `{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"additionalProperties":{"type":"string"},"items":[{"type":"object"}],"enum":[null,1],"default":{"a":1}}}}]}}`},
		{name: "protobuf without JSON inside", format: Protobuf, kind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ControllerRevision"}, body: "k8s\x00\x12\x05\x12\x03\x0a\x01{", err: `ControllerRevision in version "v1" cannot be handled as a ControllerRevision: invalid JSON in an embedded value: "{"`},
	} {
		t.Run(x.name, func(t *testing.T) {
			kind := x.kind
			if kind.Empty() {
				kind = configMap
			}
			o := resources.Kinds[kind]()
			warnings, err := Body{Format: x.format, Data: []byte(x.body), Kind: kind, Also: x.also, Validation: x.validation}.Decode(o)
			if x.err != "" {
				var status *apierrors.StatusError
				if err == nil || err.Error() != x.err || !errors.As(err, &status) || status.ErrStatus.Code != 400 {
					t.Fatalf("got  %v\nwant %s", err, x.err)
				}
				return
			}
			if err != nil || !slices.Equal(warnings, x.warnings) {
				t.Fatalf("%v, warnings %q", err, warnings)
			}
			if got := o.GetObjectKind().GroupVersionKind(); got != kind {
				t.Errorf("kind %v", got)
			}
		})
	}
}

func TestUnstructuredBody(t *testing.T) {
	kind := schema.GroupVersionKind{Group: "example.dev", Version: "v1", Kind: "Widget"}
	u := &unstructured.Unstructured{}
	warnings, err := Body{Data: []byte(`{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"n":1,"n":2}}`), Kind: kind}.Decode(u)
	if err != nil || !slices.Equal(warnings, []string{`duplicate field "spec.n"`}) {
		t.Fatalf("%v %q", err, warnings)
	}
	if n, _, _ := unstructured.NestedInt64(u.Object, "spec", "n"); n != 2 || u.GroupVersionKind() != kind || u.GetName() != "a" {
		t.Errorf("%v", u)
	}
	for _, body := range []string{`null`, `{"metadata":1}`, `{"metadata":{"name":1}}`} {
		if _, err := (Body{Data: []byte(body), Kind: kind}).Decode(&unstructured.Unstructured{}); err != nil && !apierrors.IsBadRequest(err) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestDeleteOptions(t *testing.T) {
	for _, x := range []struct{ contentType, body, err string }{
		{"", `{"apiVersion":"foo/v1","kind":"DeleteOptions","gracePeriodSeconds":5}`, ""},
		{"", `{"apiVersion":"v1","kind":"ConfigMap"}`, `no kind "ConfigMap" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"`},
		{"", `{"apiVersion":"v1","kind":"Status"}`, `converting (v1.Status) to (v1.DeleteOptions): unknown conversion`},
		{"", `{"apiVersion":"v1","kind":"Foo"}`, `no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"`},
		{"", `{"foo":"v1","gracePeriodSeconds":"x"}`, `json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64`},
		{"", `{"foo":"v1","gracePeriodSeconds":5}`, ""},
		{"", `{`, `couldn't get version/kind; json parse error: unexpected end of JSON input`},
		{"application/yaml", "gracePeriodSeconds: 5", ""},
		{"application/vnd.kubernetes.protobuf", "k8s\x00\x12\x02\x08\x05", ""},
		{"application/vnd.kubernetes.protobuf", `abc`, `provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]`},
		{"a/b", `abc`, `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`},
	} {
		options, err := DecodeDeleteOptions(x.contentType, []byte(x.body))
		switch {
		case x.err != "":
			if err == nil || err.Error() != x.err {
				t.Errorf("%s: got %v, want %s", x.body, err, x.err)
			}
		case err != nil || options.GracePeriodSeconds == nil || *options.GracePeriodSeconds != 5:
			t.Errorf("%s: %v %v", x.body, options, err)
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add(byte(0), []byte(podJSON))
	f.Add(byte(1), []byte("metadata: {name: a}"))
	f.Add(byte(2), storedPod(f))
	kinds := []schema.GroupVersionKind{podKind, {Group: "apps", Version: "v1", Kind: "Deployment"}, crdKind}
	f.Fuzz(func(t *testing.T, how byte, data []byte) {
		kind := kinds[int(how>>2)%len(kinds)]
		var o runtime.Object = resources.Kinds[kind]()
		if how&0x80 != 0 {
			o = &unstructured.Unstructured{}
		}
		_, err := Body{Format: Format(how & 3 % 3), Data: data, Kind: kind, Validation: []string{"Ignore", "Warn", "Strict"}[int(how>>4)%3]}.Decode(o)
		if err != nil {
			if !apierrors.IsBadRequest(err) || strings.Contains(err.Error(), "reflect") {
				t.Fatal(err)
			}
			return
		}
		if how&0x80 == 0 {
			// Everything accepted can be stored, and read again.
			b, err := MarshalProtobuf(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := UnmarshalProtobuf(b, resources.Kinds[kind]()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
