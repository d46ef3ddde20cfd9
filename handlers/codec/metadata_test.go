package codec

import (
	"encoding/json"
	"maps"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
)

// TestHiddenAnnotations: what stands for a field is not shown in metadata alone, in either format, and in the object it is.
func TestHiddenAnnotations(t *testing.T) {
	gvk := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DaemonSet"}
	c, err := NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.HideAnnotations("field", "other")
	for _, x := range []struct{ has, shown map[string]string }{
		{map[string]string{"field": "1", "a": "field"}, map[string]string{"a": "field"}},
		{map[string]string{"field": "1", "other": "2"}, nil},
		{map[string]string{"a": "b"}, map[string]string{"a": "b"}},
		{nil, nil},
	} {
		o := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "n", Namespace: "s", Annotations: x.has}}
		o.SetGroupVersionKind(gvk)
		stored, err := c.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.AppendMetadataJSON(nil, stored, 7, "v1")
		var got metav1.PartialObjectMetadata
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || !maps.Equal(got.Annotations, x.shown) || got.Name != "n" || got.ResourceVersion != "7" {
			t.Errorf("%v: %s %v", x.has, text, err)
		}
		item, err := c.AppendMetadataProtobuf(nil, stored, 7, "v1", true)
		got = metav1.PartialObjectMetadata{}
		if err == nil {
			err = got.Unmarshal(item)
		}
		if err != nil || !maps.Equal(got.Annotations, x.shown) || got.Namespace != "s" || got.ResourceVersion != "7" {
			t.Errorf("%v in protobuf: %+v %v", x.has, got, err)
		}
		whole, err := c.Decode(stored, 7)
		if err != nil || !maps.Equal(whole.GetAnnotations(), x.has) {
			t.Errorf("%v in the object: %v %v", x.has, whole.GetAnnotations(), err)
		}
	}
}
