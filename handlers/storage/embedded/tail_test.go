package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// A write is acknowledged before its log says that it is committed. After a kill in between nothing may be read before all
// of the log is applied.
func TestAcknowledgedButNotNotedAsCommitted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, embedded.Options{DataDir: dir})
	const n = 20
	for i := range n {
		if _, err := s.Create(t.Context(), fmt.Sprintf("/k/%d", i), []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		w, err := wal.Open(zap.NewNop(), filepath.Join(dir, "member", "wal"), &walpb.Snapshot{})
		if err != nil {
			t.Fatal(err)
		}
		_, state, entries, err := w.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		// As many as are certainly writes of the test and not what a start adds.
		state.Commit = proto.Uint64(uint64(len(entries)) - n/2)
		if err := w.Save(state, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "member", "snap", "db")); err != nil {
			t.Fatal(err)
		}
		s := open(t, embedded.Options{DataDir: dir})
		has := 0
		_, err = s.Load(t.Context(), func(pairs []storage.KeyValue) error {
			has += len(pairs)
			return nil
		})
		if err != nil || has != n {
			t.Errorf("%d of %d keys, %v", has, n, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
