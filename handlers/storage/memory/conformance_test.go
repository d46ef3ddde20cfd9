package memory_test

import (
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return open(t, memory.Options{BookmarkInterval: 100 * time.Millisecond})
	})
}

// open closes the store at the end of the test.
func open(t testing.TB, o memory.Options) *memory.Store {
	t.Helper()
	s := memory.New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
