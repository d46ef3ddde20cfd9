package etcd

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Get implements storage.Store. Reads are linearizable: they see every write that was acknowledged before they began.
func (s *Store) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	if key == "" {
		return storage.KeyValue{}, 0, fmt.Errorf("get: %w", errEmptyKey)
	}
	// A local read looks neither at its context nor at ours.
	if ctx.Err() != nil || s.ctx.Err() != nil {
		return storage.KeyValue{}, 0, s.wrap(ctx, "get "+key, context.Canceled)
	}
	resp, err := s.read(ctx, readPatience, s.keys.Place(key), s.reads...)
	if err != nil {
		return storage.KeyValue{}, 0, s.wrap(ctx, "get "+key, err)
	}
	revision := resp.Header.GetRevision()
	if len(resp.Kvs) == 0 {
		return storage.KeyValue{}, revision, fmt.Errorf("get %s: %w", key, storage.ErrNotFound)
	}
	return s.pair(resp.Kvs[0]), revision, nil
}

// Count implements storage.Store.
func (s *Store) Count(ctx context.Context, prefix string) (int64, error) {
	start, end := s.span(prefix)
	resp, err := s.read(ctx, pagePatience, start, clientv3.WithRange(end), clientv3.WithCountOnly())
	if err != nil {
		return 0, s.wrap(ctx, "count "+prefix, err)
	}
	return resp.Count, nil
}
