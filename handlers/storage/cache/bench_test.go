package cache

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// filled is a cache of n objects without goroutines or a backend: changes are applied by hand.
func filled(b *testing.B, n int) *Cache {
	b.Helper()
	c := &Cache{}
	c.hub.start()
	l := newLoader(nil)
	for i := range n {
		if err := l.add([]storage.KeyValue{{Key: fmt.Sprintf("/pods/ns/%06d", i), Value: podLike(i), Revision: int64(i + 1)}}); err != nil {
			b.Fatal(err)
		}
	}
	s := snapshot{root: build(l.close()), revision: int64(n)}
	c.packer = *l.packer
	c.current.Store(&s)
	c.history.reset(s)
	c.hub.reset(s.revision)
	return c
}

// BenchmarkApply is one change: packed, put into the tree, published, remembered.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := filled(b, n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				at := int64(n + i + 1)
				change := storage.Event{Key: fmt.Sprintf("/pods/ns/%06d", i*7919%n), Revision: at, Value: podLike(i)}
				if err := c.apply([]storage.Event{change}, at); err != nil {
					b.Fatal(err)
				}
				if i%1000 == 0 {
					c.hub.handOut()
					c.hub.trim(c.history.trim(c.history.events[0].when, 1000), time.Time{})
				}
			}
		})
	}
}

// BenchmarkFanOut is one change handed to followers: all of one selection, or each with a name of its own of which one
// is concerned.
func BenchmarkFanOut(b *testing.B) {
	var woken []*Follower
	for _, n := range []int{100, 1000, 5000} {
		for name, selection := range map[string]func(i int) Selection{
			"shared": func(int) Selection { return Selection{Prefix: "/pods/"} },
			"named":  func(i int) Selection { return Selection{Prefix: "/pods/", Name: fmt.Sprintf("%06d", i)} },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				c := filled(b, n)
				followers := make([]*Follower, n)
				for i := range followers {
					f := following(&c.hub, int64(n), selection(i))
					f.wake = func() { woken = append(woken, f) }
					if followers[i] = f; !c.hub.join(f) {
						b.Fatal("not joined")
					}
				}
				heard := 0
				woken = woken[:0]
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					at := int64(n + i + 1)
					e := &Event{Key: fmt.Sprintf("/pods/ns/%06d", i%n), Revision: at, New: &Entry{Revision: at}}
					c.hub.push([]*Event{e}, at)
					c.hub.handOut()
					for _, f := range woken {
						for {
							d, _, err := f.Next()
							if err != nil {
								b.Fatal(err)
							}
							if d.Event == nil {
								break
							}
							heard++
						}
					}
					woken = woken[:0]
					if i%1000 == 0 {
						c.hub.trim(at-100, time.Time{})
					}
				}
				b.ReportMetric(float64(heard)/float64(b.N), "deliveries/op")
			})
		}
	}
}

// BenchmarkGet is finding and unpacking one object of many.
func BenchmarkGet(b *testing.B) {
	c := filled(b, 100_000)
	var scratch []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v, _ := c.Latest()
		e := v.Get(fmt.Sprintf("/pods/ns/%06d", i*7919%100_000))
		value, err := e.Value(scratch)
		if err != nil {
			b.Fatal(err)
		}
		if e.Packed() {
			scratch = value
		}
	}
}

// BenchmarkComeAndGo is a follower that joins and leaves again, of many who do so at once: all of one selection, each with a
// name of its own, or each with a selector that every change is shown to.
func BenchmarkComeAndGo(b *testing.B) {
	const n = 5000
	for name, selection := range map[string]func(i int) Selection{
		"shared": func(int) Selection { return Selection{Prefix: "/pods/"} },
		"named":  func(i int) Selection { return Selection{Prefix: "/pods/", Name: fmt.Sprintf("%06d", i)} },
		"selector": func(i int) Selection {
			return Selection{Prefix: "/pods/", ID: fmt.Sprint(i), Match: func(*Entry) bool { return true }}
		},
	} {
		b.Run(name, func(b *testing.B) {
			h := hubAt(10)
			followers := make([]*Follower, n)
			b.ReportAllocs()
			for b.Loop() {
				for i := range followers {
					if followers[i] = following(h, 10, selection(i)); !h.join(followers[i]) {
						b.Fatal("not joined")
					}
				}
				h.trim(10, time.Time{})
				for _, f := range followers {
					f.Stop()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/follower")
		})
	}
}
