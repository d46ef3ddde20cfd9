package verb

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// sink is a connection that carries a benchmark's watches, which tells woken of each that is woken. It keeps nothing of them
// else.
type sink struct {
	header http.Header
	source stream.Source
	woken  func(stream.Source)
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func (s *sink) Detach(source stream.Source) func() {
	s.source = source
	woken := s.woken
	return func() { woken(source) }
}

// watches begins n watches that have nothing to say.
func (f *fixture) watches(b *testing.B, n int, query func(i int) string, woken func(stream.Source)) []stream.Source {
	all := make([]stream.Source, n)
	for i := range all {
		s := &sink{header: http.Header{}, woken: woken}
		req := httptest.NewRequestWithContext(b.Context(), "GET", "/api/v1/pods?watch=1&resourceVersion=2&allowWatchBookmarks=true"+query(i), nil)
		r := pipeline.NewRequest(s, req, pipeline.ParseInfo("GET", req.URL.Path))
		r.Resource = f.pods
		pipeline.Serve(r, f.handlers.Handle, slog.New(slog.DiscardHandler))
		if got, err := s.source.Next(); err != nil || len(got) > 0 {
			b.Fatal(got, err)
		}
		all[i] = s.source
	}
	return all
}

func everything(int) string  { return "" }
func oneNode(i int) string   { return fmt.Sprintf("&fieldSelector=spec.nodeName%%3Dnode-%d", i) }
func oneObject(i int) string { return fmt.Sprintf("&fieldSelector=metadata.name%%3Dpod-%d", i) }

// BenchmarkIdleWatch is what a watch takes while it waits, without its connection: of 5,000.
func BenchmarkIdleWatch(b *testing.B) {
	for _, c := range []struct {
		name  string
		query func(int) string
	}{{"everything", everything}, {"a node", oneNode}, {"an object", oneObject}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 5000
			f := newFixture(b, 1)
			var heap, stack float64
			for b.Loop() {
				before := used()
				all := f.watches(b, n, c.query, func(stream.Source) {})
				after := used()
				heap += float64(int64(after.HeapAlloc-before.HeapAlloc)) / n
				stack += float64(int64(after.StackInuse-before.StackInuse)) / n
				for _, s := range all {
					s.Ended(false)
				}
			}
			b.ReportMetric(heap/float64(b.N), "heap-B/watch")
			b.ReportMetric(stack/float64(b.N), "stack-B/watch")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func used() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// BenchmarkDeliver is one change of a pod: ns/delivery is from the first watch that is woken to the last that has given
// the change's frame, by watch.
func BenchmarkDeliver(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFixture(b, 1)
			values := [2][]byte{f.stored(b, 0), f.stored(b, 20)}
			key := f.pods.ObjectKey("ns", "pod-00000")
			var first time.Time
			woken, all := make([]stream.Source, 0, n), make(chan struct{})
			var ready atomic.Bool
			f.watches(b, n, everything, func(s stream.Source) {
				if !ready.Load() {
					return // of the beginning or the end
				}
				if woken = append(woken, s); len(woken) == 1 {
					first = time.Now()
				}
				if len(woken) == n {
					all <- struct{}{}
				}
			})
			ready.Store(true)
			var took time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := storage.Update(b.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return values[(i+1)%2], nil }); err != nil {
					b.Fatal(err)
				}
				<-all
				for _, s := range woken {
					for {
						frame, err := s.Next()
						if err != nil {
							b.Fatal(err)
						}
						if len(frame) == 0 {
							break
						}
					}
				}
				took += time.Since(first)
				woken = woken[:0]
			}
			ready.Store(false)
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*n), "ns/delivery")
		})
	}
}
