package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// converted is a codec whose objects lie in the store as another version, in which spec.n is called spec.m. Somebody else
// converts them, as a webhook does.
type converted struct {
	*codec.Unstructured
	by *converter
}

func (c converted) Conversion() resource.Conversion { return c.by }

type converter struct {
	calls, objects atomic.Int64
	away           atomic.Bool
}

func (c *converter) each(list [][]byte, pairs ...string) ([][]byte, error) {
	c.calls.Add(1)
	c.objects.Add(int64(len(list)))
	if c.away.Load() {
		return nil, errors.New("the converter is away")
	}
	out := make([][]byte, len(list))
	for i, b := range list {
		for p := 0; p < len(pairs); p += 2 {
			b = bytes.ReplaceAll(b, []byte(pairs[p]), []byte(pairs[p+1]))
		}
		out[i] = b
	}
	return out, nil
}

func (c *converter) ToServed(_ context.Context, stored [][]byte) ([][]byte, error) {
	return c.each(stored, "shop.dev/v9", "shop.dev/v1", `"m":`, `"n":`)
}

func (c *converter) ToStored(_ context.Context, encoded [][]byte) ([][]byte, error) {
	return c.each(encoded, "shop.dev/v1", "shop.dev/v9", `"n":`, `"m":`)
}

// TestConvertedElsewhere: objects that somebody else converts are written in the version that is stored and read in the one
// that is served; a list is one call, and a converter that is away is an error and stores nothing.
func TestConvertedElsewhere(t *testing.T) {
	s, backend := newServerOn(t)
	by := &converter{}
	r := gadgets("shop.dev")
	r.Codec = converted{r.Codec.(*codec.Unstructured), by}
	r.Subresources["status"].Codec = r.Codec
	s.Registry().Set(resource.Definitions, "gadgets.shop.dev", &resource.Part{Resources: []*resource.Resource{r}})
	const path = "/apis/shop.dev/v1/namespaces/default/gadgets"
	for _, name := range []string{"a", "b", "c"} {
		if code, o := s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": name}, "spec": object{"n": 1}}); code != http.StatusCreated || o.at("spec", "n") != 1.0 {
			t.Fatal(code, o)
		}
	}
	kv, _, err := backend.Get(context.Background(), r.ObjectKey("default", "a"))
	if err != nil || !bytes.Contains(kv.Value, []byte(`"spec":{"m":1}`)) || !bytes.Contains(kv.Value, []byte(`"apiVersion":"shop.dev/v9"`)) {
		t.Errorf("stored: %s %v", kv.Value, err)
	}
	for _, c := range []struct {
		method, path string
		body         any
		want         any
	}{
		{"GET", path + "/a", nil, 1.0},
		{"PATCH", path + "/a", `{"spec":{"n":2}}`, 2.0},
		{"PUT", path + "/b", object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "b"}, "spec": object{"n": 3}}, 3.0},
		{"PATCH", path + "/b/status", `{"status":{"x":1}}`, 3.0},
		{"GET", path + "/b/status", nil, 3.0},
	} {
		if code, o := s.do(c.method, c.path, c.body); code != http.StatusOK || o.at("spec", "n") != c.want || o.at("spec", "m") != nil || o["apiVersion"] != "shop.dev/v1" {
			t.Errorf("%s %s: %d %v", c.method, c.path, code, o)
		}
	}
	by.calls.Store(0)
	by.objects.Store(0)
	code, list := s.do("GET", path, nil)
	items, _ := list["items"].([]any)
	if code != http.StatusOK || len(items) != 3 || by.calls.Load() != 1 || by.objects.Load() != 3 {
		t.Errorf("%d: %d items, %d calls with %d objects", code, len(items), by.calls.Load(), by.objects.Load())
	}
	for i, n := range []float64{2, 3, 1} {
		if object(items[i].(map[string]any)).at("spec", "n") != n {
			t.Errorf("item %d: %v", i, items[i])
		}
	}
	if code, list = s.do("GET", path+"?limit=2", nil); code != http.StatusOK || len(list["items"].([]any)) != 2 || by.objects.Load() != 5 {
		t.Errorf("a page: %d %v, %d objects in all", code, list, by.objects.Load())
	}

	by.away.Store(true)
	for method, body := range map[string]any{"GET": nil, "PATCH": `{"spec":{"n":7}}`, "DELETE": nil} {
		if code, o := s.do(method, path+"/a", body); code != http.StatusInternalServerError {
			t.Errorf("%s while the converter is away: %d %v", method, code, o)
		}
	}
	if code, _ := s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "d"}}); code != http.StatusInternalServerError {
		t.Errorf("POST while the converter is away: %d", code)
	}
	by.away.Store(false)
	if code, o := s.do("GET", path+"/a", nil); code != http.StatusOK || o.at("spec", "n") != 2.0 {
		t.Errorf("afterwards: %d %v", code, o)
	}
	if code, _ := s.do("GET", path+"/d", nil); code != http.StatusNotFound {
		t.Errorf("what was refused: %d", code)
	}
	if code, _ := s.do("DELETE", path+"/a", nil); code != http.StatusOK {
		t.Errorf("deleted: %d", code)
	}
}
