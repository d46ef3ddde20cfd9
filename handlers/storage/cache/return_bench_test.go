package cache_test

import (
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// BenchmarkReturn is 5,000 followers who come back to a store that was started anew, each having missed some of the last
// 2,000 changes of a collection, until all have heard them. watches are those that the backend was asked for.
func BenchmarkReturn(b *testing.B) {
	const followers, missed = 5000, 2000
	backend := openEmbedded(b, b.TempDir())
	defer backend.Close()
	before := cache.New(notClosed{backend}, cache.Options{})
	var at []int64
	for i := range missed {
		kv, err := storage.Update(b.Context(), before, "/x/a", 0, func(storage.KeyValue) ([]byte, error) { return fmt.Append(nil, i), nil })
		if err != nil {
			if kv.Revision, err = before.Create(b.Context(), "/x/a", []byte("1"), 0); err != nil {
				b.Fatal(err)
			}
		}
		at = append(at, kv.Revision)
	}
	if err := before.Close(); err != nil {
		b.Fatal(err)
	}
	var watches int64
	for b.Loop() {
		w := &watched{Feeder: backend, let: make(chan struct{})}
		close(w.let)
		c := cache.New(w, cache.Options{Attributes: colored})
		<-c.Loaded()
		all := make([]*follower, followers)
		for i := range all {
			all[i] = followed(b, c, cache.Selection{Prefix: "/x/"}, at[i*7919%missed])
		}
		for _, f := range all {
			for {
				d, through, err := f.Next()
				if err != nil {
					b.Fatal(err)
				}
				if d.Event == nil && through >= at[missed-1] {
					break
				}
				if d.Event == nil {
					<-f.woken
				}
			}
		}
		watches += w.watches.Load()
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(watches)/float64(b.N), "watches/op")
}
