package cache

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

func podsLike(prefix string, n int) []storage.KeyValue {
	out := make([]storage.KeyValue, n)
	for i := range out {
		out[i] = storage.KeyValue{Key: fmt.Sprintf("%s%05d", prefix, i), Value: podLike(i), Revision: int64(i + 1)}
	}
	return out
}

// loaded are the entries of pairs that come in pages.
func loaded(t testing.TB, pairs []storage.KeyValue) []*Entry {
	t.Helper()
	l := newLoader(nil)
	for page := range slices.Chunk(pairs, 300) {
		if err := l.add(page); err != nil {
			t.Fatal(err)
		}
	}
	return l.close()
}

// What is loaded comes out as it went in, and much smaller in between; a few objects are left alone.
func TestLoaderPacks(t *testing.T) {
	for _, n := range []int{1, dictFrom - 1, dictFrom, loadBatch, loadBatch + 1, 3000} {
		pairs := append(podsLike("/pods/ns/", n), storage.KeyValue{Key: "/secrets/a", Value: []byte{}, Revision: 1})
		all := loaded(t, pairs)
		if len(all) != len(pairs) {
			t.Fatalf("%d entries of %d pairs", len(all), len(pairs))
		}
		size, packed := 0, 0
		for i, e := range all {
			value, err := e.Value(make([]byte, 0, 100))
			if err != nil || value == nil || !bytes.Equal(value, pairs[i].Value) || e.Size() != len(value) {
				t.Fatalf("of %d: entry %d is %q, %v", n, i, value, err)
			}
			if e.Key != pairs[i].Key || e.Revision != pairs[i].Revision {
				t.Fatalf("of %d: entry %d is %s at %d", n, i, e.Key, e.Revision)
			}
			size, packed = size+len(value), packed+len(e.data)
		}
		if small := packed*5 < size; small != (n >= dictFrom) {
			t.Errorf("%d objects: %d bytes are kept as %d", n, size, packed)
		}
	}
}

// Whichever goroutine packs an object, and when, it comes out the same.
func TestLoadsAreAlike(t *testing.T) {
	pairs := slices.Concat(podsLike("/a.b/c/", 2000), podsLike("/configmaps/", 70), podsLike("/pods/", 3000))
	first := loaded(t, pairs)
	for range 3 {
		for i, e := range loaded(t, pairs) {
			if !bytes.Equal(e.data, first[i].data) || (e.dict == nil) != (first[i].dict == nil) {
				t.Fatalf("%s is packed into %d bytes, and was into %d", e.Key, len(e.data), len(first[i].data))
			}
		}
	}
}

func TestLoaderOfNothing(t *testing.T) {
	if all := newLoader(nil).close(); len(all) != 0 || build(all) != nil {
		t.Errorf("%d entries", len(all))
	}
}

// BenchmarkLoad is what the cache makes of what the store reads for it: the time for each object, and the bytes that it
// keeps of it, all told and packed.
func BenchmarkLoad(b *testing.B) {
	pairs := podsLike("/pods/", 10_000)
	b.ReportAllocs()
	var all []*Entry
	for b.Loop() {
		all = loaded(b, pairs)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(pairs)), "ns/object")
	packed := 0
	for _, e := range all {
		packed += len(e.data)
	}
	b.ReportMetric(float64(packed)/float64(len(pairs)), "packed-B/object")
	root := build(all)
	all = nil
	with := liveBytes()
	runtime.KeepAlive(root)
	root = nil
	b.ReportMetric(float64(with-liveBytes())/float64(len(pairs)), "live-B/object")
}

func liveBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
