package codec

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestStoredJSON(t *testing.T) {
	kind := schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"}
	c, err := NewJSON(kind, kind, nil, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := &apiregistrationv1.APIService{ObjectMeta: metav1.ObjectMeta{Name: "<a>", ResourceVersion: "7"}}
	stored, err := c.Encode(in)
	const want = `{"kind":"APIService","apiVersion":"apiregistration.k8s.io/v1","metadata":{"name":"\u003ca\u003e"},"spec":{"groupPriorityMinimum":0,"versionPriority":0},"status":{}}` + "\n"
	if err != nil || string(stored) != want {
		t.Fatalf("%s %v", stored, err)
	}
	if in.ResourceVersion != "7" || in.Kind != "" {
		t.Errorf("Encode changed its argument: %+v", in)
	}
	readable(t, c, stored, "APIService")
	// What upstream stores in one form today it may have stored in the other before.
	binary, err := MarshalProtobuf(in)
	if err != nil {
		t.Fatal(err)
	}
	readable(t, c, binary, "APIService")
	pods := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	pod, err := NewBuiltin(pods, pods, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	readable(t, pod, []byte(" {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"<a>\"}, \"unknown\": 1}\n"), "Pod")
	readable(t, pod, []byte("apiVersion: v1\nkind: Pod\nmetadata:\n  name: <a>\n"), "Pod")
	for text, want := range map[string]string{
		"":                                     "empty data",
		"garbage":                              "does not appear to be a protobuf message",
		"a: b":                                 "not readable",
		"k8s:enc:aescbc:v1:key: {}":            "identity transformer tried to read encrypted data",
		`{"apiVersion":"v9","kind":"Pod"}`:     "not readable",
		`{"apiVersion":"v1","kind":"PodList"}`: "no metadata",
		`{"apiVersion":"v1","kind":"Pod","metadata":1}`: "metadata",
		`{`: "unexpected end",
	} {
		if _, err := pod.Decode([]byte(text), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
		if out, err := pod.AppendJSON([]byte("x"), []byte(text), 1, false); err == nil || string(out) != "x" {
			t.Errorf("%s: %s %v", text, out, err)
		}
	}
}

// readable reads an object of the name <a> in all forms.
func readable(t *testing.T, c *Builtin, stored []byte, kind string) {
	t.Helper()
	o, err := c.Decode(stored, 5)
	if err != nil || o.GetName() != "<a>" || o.GetResourceVersion() != "5" || o.GetObjectKind().GroupVersionKind().Kind != kind {
		t.Fatalf("%v %v", o, err)
	}
	text, err := c.AppendJSON(nil, stored, 5, false)
	if err != nil || !strings.Contains(string(text), `"metadata":{"name":"\u003ca\u003e","resourceVersion":"5"`) {
		t.Errorf("%s %v", text, err)
	}
	if text, err = c.AppendMetadataJSON(nil, stored, 5, "v1"); err != nil || !strings.Contains(string(text), `"resourceVersion":"5"`) {
		t.Errorf("%s %v", text, err)
	}
	for _, item := range []bool{false, true} {
		b, err := c.AppendProtobuf(nil, stored, 5, item)
		if err != nil || IsProtobuf(b) == item || !strings.Contains(string(b), "<a>") {
			t.Errorf("%q %v", b, err)
		}
		var scratch []byte
		if n, err := itemSize(&scratch, c, stored, 5, Output{}); item && (err != nil || n != len(b)) {
			t.Errorf("%d bytes announced, %d written: %v", n, len(b), err)
		}
	}
}

// oldPod stands for a version that is stored and that nobody generates.
type oldPod struct{ corev1.Pod }

func TestStoredUnserved(t *testing.T) {
	kind, old := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, schema.GroupVersionKind{Version: "v0", Kind: "Pod"}
	to := func(o object.Object) (object.Object, error) { return &oldPod{*o.(*corev1.Pod)}, nil }
	from := func(o object.Object) (object.Object, error) { return &o.(*oldPod).Pod, nil }
	c, err := NewJSON(kind, old, to, from, nil, func() object.Object { return &oldPod{} })
	if err != nil {
		t.Fatal(err)
	}
	stored, err := c.Encode(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "<a>"}})
	if err != nil || !strings.HasPrefix(string(stored), `{"kind":"Pod","apiVersion":"v0",`) {
		t.Fatalf("%s %v", stored, err)
	}
	readable(t, c, stored, "Pod")
	if _, err := NewJSON(kind, old, to, from, nil, nil); err == nil {
		t.Error("a version that nobody can make was taken")
	}
}
