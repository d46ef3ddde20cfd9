package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// Many ask at once while others write: nobody's answer is older than a write that was acknowledged before it asked.
func TestRevisionIsShared(t *testing.T) {
	s := dial(t, startEtcd(t), etcd.Options{Prefix: "/p"})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for n := range 50 {
				wrote, err := s.Create(t.Context(), fmt.Sprintf("/%d-%d", i, n), []byte("v"), 0)
				if err != nil {
					t.Error(err)
					return
				}
				for range 3 {
					if got, err := s.Revision(t.Context()); err != nil || got < wrote {
						t.Errorf("revision %d, %v after a write at %d", got, err, wrote)
					}
				}
			}
		})
	}
	group.Wait()
}

// One who gives up holds up nobody, and a closed store leaves nobody waiting.
func TestRevisionOfThoseWhoGiveUp(t *testing.T) {
	stop, address := runEtcd(t, t.TempDir(), "127.0.0.1:0", 0)
	s := dial(t, address, etcd.Options{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := s.Revision(gone); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up hears %v", err)
			}
		})
		group.Go(func() {
			if _, err := s.Revision(t.Context()); err != nil {
				t.Errorf("who waited hears %v", err)
			}
		})
	}
	group.Wait()
	stop()
	for range 8 {
		group.Go(func() {
			if _, err := s.Revision(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("without etcd: %v", err)
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
}

func BenchmarkRevision(b *testing.B) {
	s := dial(b, startEtcd(b), etcd.Options{})
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(clients, " clients"), func(b *testing.B) {
			b.SetParallelism(clients)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Revision(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
