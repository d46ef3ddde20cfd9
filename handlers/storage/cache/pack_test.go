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

// What is loaded comes out as it went in, and much smaller in between; a few objects are left alone.
func TestLoaderPacks(t *testing.T) {
	for _, n := range []int{1, dictFrom - 1, dictFrom, 4*dictFrom + 1, 3000} {
		l := loader{packer: &packer{}}
		size, packed := 0, 0
		for i := range n {
			l.add(storage.KeyValue{Key: fmt.Sprintf("/pods/ns/%05d", i), Value: podLike(i), Revision: int64(i + 1)})
		}
		l.add(storage.KeyValue{Key: "/secrets/a", Value: []byte{}, Revision: 1})
		l.close()
		for i, e := range l.entries[:n] {
			value, err := e.Value(make([]byte, 0, 100))
			if err != nil || !bytes.Equal(value, podLike(i)) || e.Size() != len(value) {
				t.Fatalf("of %d: entry %d is %q, %v", n, i, value, err)
			}
			size, packed = size+len(value), packed+len(e.data)
		}
		if small := packed*5 < size; small != (n >= dictFrom) {
			t.Errorf("%d objects: %d bytes are kept as %d", n, size, packed)
		}
		if v, err := l.entries[n].Value(nil); err != nil || v == nil || len(v) != 0 {
			t.Errorf("an empty value is %v, %v", v, err)
		}
	}
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
	l := loader{packer: &packer{}}
	for i := range dictFrom {
		l.add(storage.KeyValue{Key: fmt.Sprintf("/pods/%05d", i), Value: podLike(i)})
	}
	l.close()
	e := *l.entries[3]
	e.data = e.data[:len(e.data)/2]
	if _, err := e.Value(nil); err == nil || !strings.Contains(err.Error(), e.Key) {
		t.Errorf("got %v, want an error that names the key", err)
	}
}
