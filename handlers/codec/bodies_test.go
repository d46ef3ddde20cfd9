package codec

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var eviction = schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "Eviction"}

// pruneSpec knows spec.size and nothing else of the spec.
func pruneSpec(content map[string]any, _ bool) (unknown []string, err error) {
	spec, _ := content["spec"].(map[string]any)
	for k := range spec {
		if k != "size" {
			delete(spec, k)
			unknown = append(unknown, "spec."+k)
		}
	}
	return unknown, nil
}

// TestBodies: a resource's codec of bodies decides on formats, versions, unknown and repeated fields.
func TestBodies(t *testing.T) {
	evictions, err := NewTypedBody(eviction, "v1beta1")
	if err != nil {
		t.Fatal(err)
	}
	widgets := NewUnstructuredBody(widget, pruneSpec)
	const some = `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"size":2,"color":"red"}}`
	for _, c := range []struct {
		name     string
		body     resource.Body
		sent     resource.Sent
		code     int // 0 for none
		text     string
		warnings []string
	}{
		{"same version", evictions, resource.Sent{Data: []byte(`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a"}}`)}, 0, "", nil},
		{"older version", evictions, resource.Sent{Data: []byte(`{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":"a"}}`)}, 0, "", nil},
		{"no version", evictions, resource.Sent{Data: []byte(`{"metadata":{"name":"a"}}`)}, 0, "", nil},
		{"other version", evictions, resource.Sent{Data: []byte(`{"apiVersion":"policy/v1alpha1","kind":"Eviction"}`)}, 400, `no kind "Eviction" is registered for version "policy/v1alpha1"`, nil},
		{"other kind", evictions, resource.Sent{Data: []byte(`{"apiVersion":"v1","kind":"Pod"}`)}, 400, "unknown conversion", nil},
		{"other format", evictions, resource.Sent{ContentType: "text/plain", Data: []byte(`{}`)}, 415, "", nil},
		{"warned of", widgets, resource.Sent{Data: []byte(some)}, 0, "", []string{`duplicate field "spec.size"`, `unknown field "spec.color"`}},
		{"ignored", widgets, resource.Sent{Data: []byte(some), Validation: "Ignore"}, 0, "", nil},
		{"refused", widgets, resource.Sent{Data: []byte(some), Validation: "Strict"}, 400, `strict decoding error: duplicate field "spec.size", unknown field "spec.color"`, nil},
		{"yaml", widgets, resource.Sent{ContentType: "application/yaml", Data: []byte("apiVersion: example.dev/v1\nkind: Widget\nspec: {size: 2, color: red}\n")}, 0, "", []string{`unknown field "spec.color"`}},
		{"no kind", widgets, resource.Sent{Data: []byte(`{"apiVersion":"example.dev/v1"}`)}, 400, `Object 'Kind' is missing in '{"apiVersion":"example.dev/v1"}'`, nil},
		{"no version", widgets, resource.Sent{Data: []byte(`{"kind":"Widget"}`)}, 400, "the API version in the data () does not match the expected API version (example.dev/v1)", nil},
		{"protobuf of a custom kind", widgets, resource.Sent{ContentType: "application/vnd.kubernetes.protobuf", Data: []byte("k8s\x00")}, 415, "application/json, application/yaml", nil},
		{"version of a custom kind", widgets, resource.Sent{Data: []byte(`{"apiVersion":"example.dev/v2","kind":"Widget"}`)}, 400, "does not match the expected API version (example.dev/v1)", nil},
	} {
		o, warnings, err := c.body.Decode(c.sent)
		if c.code == 0 {
			if err != nil || !slices.Equal(warnings, c.warnings) {
				t.Errorf("%s: %q %v", c.name, warnings, err)
			} else if u, ok := o.(*unstructured.Unstructured); ok && (u.GetAPIVersion() != "example.dev/v1" || !onlySize(u)) {
				t.Errorf("%s: %v", c.name, u.Object)
			} else if !ok && o.GetObjectKind().GroupVersionKind() != eviction {
				t.Errorf("%s: %v", c.name, o.GetObjectKind().GroupVersionKind())
			}
			continue
		}
		var status apierrors.APIStatus
		if !errors.As(err, &status) || status.Status().Code != int32(c.code) || !strings.Contains(err.Error(), c.text) || o != nil {
			t.Errorf("%s: %v %v", c.name, o, err)
		}
	}
	if evictions.PatchMeta() == nil || widgets.PatchMeta() != nil || !evictions.HasProtobuf() || widgets.HasProtobuf() {
		t.Error("patches or protobuf")
	}
	if _, err := NewTypedBody(widget); err == nil {
		t.Error("a kind that nobody knows has a body")
	}
}

func onlySize(u *unstructured.Unstructured) bool {
	spec, _ := u.Object["spec"].(map[string]any)
	return len(spec) == 1 && spec["size"] == int64(2)
}

// TestPatchedBodies: what is wrong with what a patch made is the patch's fault.
func TestPatchedBodies(t *testing.T) {
	pods, err := NewTypedBody(podKind)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body  resource.Body
		good  string
		wrong string
	}{
		"struct": {pods, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`, `{"apiVersion":"v1","spec":{"color":"red"}}`},
		"map":    {NewUnstructuredBody(widget, pruneSpec), `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"a"}}`, `{"apiVersion":"example.dev/v1","kind":"Widget","spec":{"color":"red"}}`},
	} {
		o, warnings, err := c.body.DecodePatched(resource.Patched{Text: []byte(c.good), Strict: []error{errors.New("of the patch")}})
		if err != nil || o.GetName() != "a" || !slices.Equal(warnings, []string{"of the patch"}) {
			t.Errorf("%s: %v %q %v", name, o, warnings, err)
		}
		_, _, err = c.body.DecodePatched(resource.Patched{Text: []byte(c.wrong), Shown: "shown", Validation: "Strict"})
		var status apierrors.APIStatus
		if !errors.As(err, &status) || status.Status().Code != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), `unknown field "spec.color"`) || !strings.Contains(err.Error(), `"shown"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o, ok := pods.DecodeQuick([]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`)); !ok || o.(object.Object).GetName() != "a" {
		t.Error("nothing unusual was not read")
	}
	if _, ok := pods.DecodeQuick([]byte(`{"apiVersion":"v1","kind":"Pod","color":"red"}`)); ok {
		t.Error("an unknown field was read")
	}
}
