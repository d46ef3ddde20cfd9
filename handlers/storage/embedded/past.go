package embedded

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/server/v3/storage/mvcc"
	"go.etcd.io/etcd/server/v3/storage/schema"
	"google.golang.org/protobuf/proto"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// pastAtOnce is how many revisions of the past are read at once; their values are in memory meanwhile.
const pastAtOnce = 500

// past sends the changes after a revision, up to another, and then how far it is. A stream that begins in the past would be
// brought up by etcd in rounds of 100 ms, which its reader had to wait for, and would not tell when that was all.
func (w *watcher) past(ctx context.Context, from, through int64) error {
	for next := from + 1; next <= through; next += pastAtOnce {
		if err := w.store.serving(ctx); err != nil {
			return err
		}
		events, err := w.changes(next, min(next+pastAtOnce, through+1))
		if err != nil {
			return err
		}
		if err := w.pass(ctx, events); err != nil {
			return err
		}
	}
	return w.Send(ctx, storage.Event{Type: storage.Bookmark, Revision: through})
}

// changes are those of the watcher's keys from a revision on, up to before another.
func (w *watcher) changes(from, end int64) ([]*mvccpb.Event, error) {
	events, err := w.read(from, end)
	// Asked afterwards: rows go once the revision that was compacted has moved, so none was missing before. And not under the
	// lock that read has, which those who write take behind the one that this takes.
	if err == nil && w.store.server.KV().FirstRev() > from {
		err = storage.ErrCompacted
	}
	return events, err
}

// read reads what etcd's own streams are brought up with: in its table of keys each row is a change, and they are in the order
// of revisions. Nobody writes meanwhile. Of etcd's concurrent transactions, which would let them, ranges may have those rows
// twice that were just written to the disk.
func (w *watcher) read(from, end int64) (events []*mvccpb.Event, err error) {
	tx := w.store.server.Backend().ReadTx()
	tx.RLock()
	defer tx.RUnlock()
	rows, values := tx.UnsafeRange(schema.Key, row(from), row(end), 0)
	prefix := []byte(w.store.Keyspace().Place(w.Prefix))
	for i, value := range values {
		kv := &mvccpb.KeyValue{} // which shares nothing with the database
		if err := proto.Unmarshal(value, kv); err != nil {
			return nil, fmt.Errorf("decoding what was changed at revision %d: %w", mvcc.BytesToRev(rows[i]).Main, err)
		}
		if !bytes.HasPrefix(kv.Key, prefix) {
			continue
		}
		e := &mvccpb.Event{Kv: kv}
		if mvcc.IsTombstone(rows[i]) {
			e.Type, kv.ModRevision = mvccpb.Event_DELETE, mvcc.BytesToRev(rows[i]).Main
		}
		events = append(events, e)
	}
	return events, nil
}

func row(revision int64) []byte {
	return mvcc.RevToBytes(mvcc.Revision{Main: revision}, mvcc.NewRevBytes())
}
