package embedded_test

import (
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return open(t, embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true})
	})
}

// open closes the store at the end of the test; its bookmarks come fast.
func open(t testing.TB, o embedded.Options) *embedded.Store {
	t.Helper()
	if o.Store.BookmarkInterval == 0 {
		o.Store.BookmarkInterval = 100 * time.Millisecond
	}
	if o.Store.Prefix == "" {
		o.Store.Prefix = etcd.DefaultPrefix
	}
	s, err := embedded.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
