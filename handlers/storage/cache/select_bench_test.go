package cache

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// labelled is a cache of n objects, of which each value of a label has share.
func labelled(b *testing.B, n, share int) *Cache {
	b.Helper()
	c := &Cache{options: Options{Attributes: func(_ string, value []byte) any { return bound(strings.Clone(string(value[:8]))) }}}
	c.hub.start()
	l := newLoader(c.options.Attributes)
	for i := range n {
		if err := l.add([]storage.KeyValue{{Key: podKey(i), Value: valued(i % (n / share)), Revision: int64(i + 1)}}); err != nil {
			b.Fatal(err)
		}
	}
	s := snapshot{root: build(l.close()), revision: int64(n)}
	c.packer = *l.packer
	c.history.reset(s)
	c.hub.reset(s.revision)
	c.replace(&s)
	return c
}

func podKey(i int) string { return fmt.Sprintf("/pods/ns/%06d", i) }

func valued(v int) []byte { return fmt.Appendf(nil, "%08d %s", v, podLike(v)) }

// index makes indexes of some labels.
func (c *Cache) index(n int) {
	for i := range n {
		for range 2 {
			c.want(&Query{Scope: "/pods/", Terms: []Term{{Attribute{Label, fmt.Sprint(i)}, nil}}})
		}
	}
	c.running.Wait()
}

// bound is attributes all of whose labels have one value.
type bound string

func (v bound) Label(string) (string, bool)       { return string(v), true }
func (v bound) Field(string) (string, bool)       { return string(v), true }
func (v bound) Same(other any) bool               { return v == other }
func (v bound) Indexes(func(field, value string)) {}

// BenchmarkSelect is finding objects by a label, with an index and without.
func BenchmarkSelect(b *testing.B) {
	for _, size := range []struct{ n, share int }{{5000, 100}, {5000, 1250}, {100_000, 2000}, {100_000, 25_000}} {
		c := labelled(b, size.n, size.share)
		v, _ := c.Latest()
		scan := Query{Scope: "/pods/", Prefix: "/pods/ns/"}
		indexed := scan
		indexed.Terms = []Term{{Attribute{Label, "0"}, []string{"00000003"}}}
		c.index(1)
		for name, q := range map[string]Query{"scan": scan, "index": indexed} {
			b.Run(fmt.Sprintf("%d of %d/%s", size.share, size.n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					found := 0
					c.Select(v, q, func(e *Entry) bool {
						if value, _ := e.Attributes.(Indexed).Label("0"); value == "00000003" {
							found++
						}
						return true
					})
					if found != size.share {
						b.Fatal(found)
					}
				}
			})
		}
	}
}

// BenchmarkIndexedApply is one change in a collection with indexes: of something else, or of all that is indexed.
func BenchmarkIndexedApply(b *testing.B) {
	const n = 100_000
	for _, indexes := range []int{0, 3, 8} {
		c := labelled(b, n, 100)
		c.index(indexes)
		at := int64(n)
		for name, value := range map[string]func(i, key int) int{
			"same": func(_, key int) int { return key % (n / 100) }, "moved": func(i, key int) int { return (i + key) % (n / 100) },
		} {
			b.Run(fmt.Sprintf("%d indexes/%s", indexes, name), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					at++
					key := i * 7919 % n
					change := storage.Event{Key: podKey(key), Revision: at, Value: valued(value(i, key))}
					if err := c.apply([]storage.Event{change}, at); err != nil {
						b.Fatal(err)
					}
					if i%1000 == 0 {
						c.hub.handOut()
						floor := c.history.trim(c.history.events[0].when, 1000)
						c.hub.trim(floor, time.Now())
						for _, ix := range c.indexes.byTopic["/pods/"] {
							ix.forget(floor, n)
						}
					}
				}
			})
		}
	}
}

// BenchmarkIndexMemory makes an index; the bytes are for each object in it.
func BenchmarkIndexMemory(b *testing.B) {
	const n = 100_000
	for _, share := range []int{2000, 100, 1} {
		c := labelled(b, n, share)
		b.Run(fmt.Sprintf("%d objects have the same", share), func(b *testing.B) {
			var ix *index
			before := live()
			for b.Loop() {
				ix = &index{scope: "/pods/", attribute: Attribute{Label, "0"}}
				ix.fill(*c.current.Load())
			}
			b.ReportMetric(float64(live()-before)/n, "B/object")
			runtime.KeepAlive(ix)
		})
	}
}

// live is how much memory is in use.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
