package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	objects "github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// colored is a codec that knows a selectable field, as that of a definition may.
type colored struct {
	*codec.Unstructured
	decoded *atomic.Int64
}

func (c colored) HasAttribute(field string) bool { return field == "spec.color" }

func (c colored) Attributes(stored []byte) any {
	var o struct{ Spec struct{ Color string } }
	if json.Unmarshal(stored, &o) != nil {
		return nil
	}
	x, ok := c.Unstructured.Attributes(stored).(*codec.Index)
	if !ok {
		return nil
	}
	return &codec.Index{Labels: x.Labels, Fields: codec.NewPairs(map[string]string{"spec.color": o.Spec.Color})}
}

func (c colored) Decode(stored []byte, revision int64) (objects.Object, error) {
	c.decoded.Add(1)
	return c.Unstructured.Decode(stored, revision)
}

// TestSelectableFieldsThatCome: the codec of a resource says what its objects are selected by, and lists and watches find them
// by that without building an object.
func TestSelectableFieldsThatCome(t *testing.T) {
	s := newServer(t)
	decoded := &atomic.Int64{}
	r := gadgets("shop.dev")
	r.Fields, r.Codec = []string{"spec.color"}, colored{r.Codec.(*codec.Unstructured), decoded}
	r.Strategy.Fields = func(o objects.Object) fields.Set {
		color, _, _ := unstructured.NestedString(o.(*unstructured.Unstructured).Object, "spec", "color")
		return fields.Set{"spec.color": color}
	}
	s.Registry().Set(resource.Definitions, "gadgets.shop.dev", &resource.Part{Resources: []*resource.Resource{r}})
	const path = "/apis/shop.dev/v1/namespaces/default/gadgets"
	for name, color := range map[string]string{"a": "red", "b": "blue", "c": "red"} {
		if code, o := s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": name}, "spec": object{"color": color}}); code != http.StatusCreated {
			t.Fatal(code, o)
		}
	}
	decoded.Store(0)
	code, list := s.do("GET", path+"?fieldSelector=spec.color%3Dred", nil)
	if items, _ := list["items"].([]any); code != http.StatusOK || len(items) != 2 {
		t.Errorf("%d %v", code, list)
	}
	if seen := s.watched(path+"?fieldSelector=spec.color%3Dblue", 1); strings.Count(seen, `"color":"blue"`) != 1 {
		t.Errorf("watched: %s", seen)
	}
	if n := decoded.Load(); n != 0 {
		t.Errorf("%d objects were built", n)
	}
	if code, _ := s.do("GET", path+"?fieldSelector=spec.size%3D1", nil); code != http.StatusBadRequest {
		t.Errorf("a field that is none: %d", code)
	}
}
