package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/server/v3/storage/mvcc"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// What a load reads at once: it is in memory twice, as etcd gives it and as the listener keeps it.
	loadBytes = 2 << 20
	firstLoad = 500
	mostLoad  = 10_000
)

// Load implements storage.Feeder, straight from the server's key space. A request for a page would have it count what is
// left behind the page, a walk of all keys each time.
func (s *Store) Load(ctx context.Context, take func([]storage.KeyValue) error) (revision int64, err error) {
	// In a goroutine of its own so that Close can wait for it.
	ended := make(chan error, 1)
	err = s.begin(func() {
		var err error
		revision, err = s.load(ctx, take)
		ended <- err
	})
	if err == nil {
		err = <-ended
	}
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	return revision, nil
}

func (s *Store) load(ctx context.Context, take func([]storage.KeyValue) error) (revision int64, err error) {
	start, end := span(s.Keyspace().Place("/"))
	for page := int64(firstLoad); ; {
		if err := s.serving(ctx); err != nil {
			return 0, err
		}
		got, err := s.server.KV().Range(ctx, start, end, mvcc.RangeOptions{Rev: revision, Limit: page})
		if errors.Is(err, mvcc.ErrCompacted) {
			return 0, storage.ErrCompacted
		}
		if err != nil {
			return 0, err
		}
		if revision == 0 {
			revision = got.Rev
		}
		if len(got.KVs) == 0 {
			return revision, nil
		}
		items, size := s.pairs(got.KVs)
		if err := take(items); err != nil {
			return 0, err
		}
		if int64(len(items)) < page {
			return revision, nil
		}
		start = append(bytes.Clone(got.KVs[len(items)-1].Key), 0)
		page = max(1, min(2*page, mostLoad, loadBytes*int64(len(items))/int64(size)))
	}
}

// pairs are what etcd holds, and how many bytes that is.
func (s *Store) pairs(kvs []*mvccpb.KeyValue) (items []storage.KeyValue, size int) {
	items = make([]storage.KeyValue, len(kvs))
	keys := s.Keyspace()
	for i, kv := range kvs {
		items[i] = storage.KeyValue{Key: keys.Key(kv.Key), Value: kv.Value, Revision: kv.ModRevision}
		if items[i].Value == nil {
			items[i].Value = []byte{}
		}
		size += len(kv.Key) + len(kv.Value)
	}
	return items, size
}
