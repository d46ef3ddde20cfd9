package cache

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

func podLike(i int) []byte {
	return []byte(fmt.Sprintf("k8s\x00pod-%d-%x %s", i, i*7919, strings.Repeat(fmt.Sprintf("containers image registry.example.com/app:%d env value; ", i%3), 30)))
}

func entries(root *node) []*Entry {
	var out []*Entry
	root.leaves("", "", func(_ *node, es []*Entry) bool {
		out = append(out, es...)
		return true
	})
	return out
}

// A collection that grows is packed once it is large enough, those that came before too, and learns anew later.
func TestRelearn(t *testing.T) {
	c := &Cache{}
	c.hub.start()
	c.current.Store(&snapshot{})
	var dicts int
	var last any
	for i := range dictFrom * dictGrowth {
		key := fmt.Sprintf("/pods/ns/%05d", i)
		if err := c.apply([]storage.Event{{Key: key, Revision: int64(i + 1), Value: podLike(i)}}, int64(i+1)); err != nil {
			t.Fatal(err)
		}
		if d := c.packer.of("/pods/").dict; d != nil && any(d) != last {
			dicts, last = dicts+1, any(d)
		}
	}
	if dicts != 2 {
		t.Errorf("%d dictionaries, want 2", dicts)
	}
	for i, e := range entries(c.current.Load().root) {
		if value, err := e.Value(nil); err != nil || !bytes.Equal(value, podLike(i)) || e.dict == nil || e.Revision != int64(i+1) {
			t.Fatalf("entry %d: packed %v, %v", i, e.dict != nil, err)
		}
	}
	if err := c.apply(nil, 3); err == nil {
		t.Error("the store went back in time and nobody minds")
	}
}

func TestDamagedEntry(t *testing.T) {
	e := *loaded(t, podsLike("/pods/", dictFrom))[3]
	e.data = e.data[:len(e.data)/2]
	if _, err := e.Value(nil); err == nil || !strings.Contains(err.Error(), e.Key) {
		t.Errorf("got %v, want an error that names the key", err)
	}
}
