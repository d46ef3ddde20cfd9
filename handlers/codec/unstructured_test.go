package codec

import (
	"bytes"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var widget = schema.GroupVersionKind{Group: "example.dev", Version: "v1", Kind: "Widget"}

// A stored object shows its resourceVersion where upstream's sorted keys have it, whatever stands around it.
func TestUnstructured(t *testing.T) {
	c := NewUnstructured(widget)
	for _, metadata := range []string{
		`{}`, `{"name":"a"}`, `{"uid":"u"}`, `{"name":"a","namespace":"b","uid":"u"}`, `{"labels":{"resourceVersion":"x"},"name":"<}\"\\"}`,
	} {
		for _, rest := range []string{``, `,"spec":{"n":1.5,"big":12345678901234567,"a":[{"metadata":{}}]}`} {
			text := `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":` + metadata + rest + `}`
			u := &unstructured.Unstructured{}
			if err := u.UnmarshalJSON([]byte(text)); err != nil {
				t.Fatal(err)
			}
			u.SetResourceVersion("5")
			stored, err := c.Encode(u)
			if err != nil {
				t.Fatal(err)
			}
			if u.GetResourceVersion() != "5" {
				t.Error("Encode changed the object")
			}
			if bytes.Contains(stored, []byte(`"5"`)) {
				t.Errorf("stored with a resourceVersion: %s", stored)
			}
			u.SetResourceVersion("77")
			want, err := u.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.AppendJSON([]byte("x"), stored, 77, true)
			if err != nil || string(got) != "x"+strings.TrimSpace(string(want)) {
				t.Errorf("%s %v\nwant %s", got, err, want)
			}
			// An old version, should there be one, gives way.
			if again, err := c.AppendJSON(nil, got[1:], 77, true); err != nil || !bytes.Equal(again, got[1:]) {
				t.Errorf("%s %v", again, err)
			}
			if without, err := c.AppendJSON(nil, got[1:], 0, true); err != nil || string(without)+"\n" != string(stored) {
				t.Errorf("%s %v", without, err)
			}
			o, err := c.Decode(stored, 77)
			if err != nil || o.GetResourceVersion() != "77" {
				t.Errorf("%v %v", o, err)
			}
			again, err := c.Encode(o)
			if err != nil || !bytes.Equal(again, stored) {
				t.Errorf("%s %v", again, err)
			}
			if b, err := c.AppendMetadataJSON(nil, stored, 77, "v1"); err != nil || !strings.Contains(string(b), `"resourceVersion":"77"`) {
				t.Errorf("%s %v", b, err)
			}
			b, err := c.AppendMetadataProtobuf(nil, stored, 77, "v1", false)
			p := &metav1.PartialObjectMetadata{}
			if err != nil || UnmarshalProtobuf(b, p) != nil || p.ResourceVersion != "77" || p.Kind != "PartialObjectMetadata" {
				t.Errorf("%+v %v", p, err)
			}
		}
	}
	for _, broken := range []string{``, `[]`, `{`, `{}`, `{"metadata":1}`, `{"metadata":{"a"`, `{"metadata":{"a":1`, `{"a"1}`, `{"a":"`, `{"\x":1}`, `null`} {
		if got, err := c.AppendJSON([]byte("x"), []byte(broken), 1, false); err == nil || string(got) != "x" {
			t.Errorf("%s: %q %v", broken, got, err)
		}
		if _, err := c.AppendMetadataJSON(nil, []byte(broken), 1, "v1"); err == nil {
			t.Errorf("%s has metadata", broken)
		}
	}
	if _, err := c.AppendProtobuf(nil, nil, 1, false); !apierrors.IsNotAcceptable(err) {
		t.Errorf("protobuf: %v", err)
	}
	if _, err := c.Encode(pod(t)); err == nil {
		t.Error("a struct was encoded")
	}
}

func TestUnstructuredList(t *testing.T) {
	l := List{Kind: widget.GroupVersion().WithKind("WidgetList"), Meta: metav1.ListMeta{ResourceVersion: "9"}, Codec: NewUnstructured(widget), Items: func(yield func([]byte, int64) bool) {
		_ = yield([]byte(`{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a"}}`), 1) &&
			yield([]byte(`{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"b"}}`), 2)
	}}
	var b bytes.Buffer
	want := `{"apiVersion":"example.dev/v1","items":[{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a","resourceVersion":"1"}},{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"b","resourceVersion":"2"}}],"kind":"WidgetList","metadata":{"resourceVersion":"9"}}` + "\n"
	if err := l.Write(&b, Output{}); err != nil || b.String() != want {
		t.Errorf("%s %v", b.String(), err)
	}
	if err := l.Write(&b, Output{Format: Protobuf}); !apierrors.IsNotAcceptable(err) {
		t.Errorf("protobuf: %v", err)
	}
}

func FuzzUnstructured(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a","uid":"b"},"spec":[1,{"a":"\""}]}`))
	c := NewUnstructured(widget)
	f.Fuzz(func(t *testing.T, stored []byte) {
		shown, err := c.AppendJSON(nil, stored, 7, false)
		if _, decodeErr := c.Decode(stored, 7); err != nil || decodeErr != nil {
			return
		}
		if o, err := c.Decode(shown, 0); err == nil && o.GetResourceVersion() != "" {
			t.Fatalf("%s", shown)
		}
	})
}
