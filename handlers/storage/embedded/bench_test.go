package embedded_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// value is about as large as a stored pod.
var value = []byte(strings.Repeat("v", 3000))

// BenchmarkStart is from nothing to a store that answered its first read; with=N has N objects in the log and database.
func BenchmarkStart(b *testing.B) {
	b.Run("empty", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			dir := b.TempDir()
			b.StartTimer()
			start(b, dir)
		}
	})
	b.Run("with=5000", func(b *testing.B) {
		dir := b.TempDir()
		s := open(b, embedded.Options{DataDir: dir, UnsafeNoFsync: true})
		fill(b, s, 5000)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			start(b, dir)
		}
	})
}

func start(b *testing.B, dir string) {
	s, err := embedded.Open(b.Context(), embedded.Options{DataDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}

func fill(b *testing.B, s storage.Store, n int) {
	for i := range n {
		if _, err := s.Create(b.Context(), fmt.Sprintf("/pods/%06d", i), value, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreate fsyncs, as a server does.
func BenchmarkCreate(b *testing.B) {
	for _, each := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("writers=%d", each*runtime.GOMAXPROCS(0)), func(b *testing.B) {
			s := open(b, embedded.Options{DataDir: b.TempDir()})
			var n atomic.Int64
			b.SetParallelism(each)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Create(b.Context(), fmt.Sprintf("/pods/%d", n.Add(1)), value, 0); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := open(b, embedded.Options{DataDir: b.TempDir()})
	fill(b, s, 1)
	i := 0
	for b.Loop() {
		i++
		if _, err := storage.Update(b.Context(), s, "/pods/000000", 0, func(kv storage.KeyValue) ([]byte, error) {
			return fmt.Appendf(nil, "%s%d", value, i), nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, embedded.Options{DataDir: b.TempDir(), UnsafeNoFsync: true})
	fill(b, s, 1)
	for b.Loop() {
		if _, _, err := s.Get(b.Context(), "/pods/000000"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList5000(b *testing.B) {
	s := open(b, embedded.Options{DataDir: b.TempDir(), UnsafeNoFsync: true})
	fill(b, s, 5000)
	for b.Loop() {
		if list, err := s.List(b.Context(), "/pods/", storage.ListOptions{}); err != nil || len(list.Items) != 5000 {
			b.Fatal(len(list.Items), err)
		}
	}
}
