package etcd

import (
	"bytes"
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Swap implements storage.Store, in one transaction that also reads the newer pair after a conflict. Unchanged bytes are
// proved by a linearizable read instead: it costs no round through the log, and leaves the key's lease alone.
func (s *Store) Swap(ctx context.Context, seen storage.KeyValue, next []byte, ttl time.Duration) (storage.KeyValue, bool, error) {
	if err := storage.CheckSeen(seen); err != nil {
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, err)
	}
	if next != nil && bytes.Equal(next, seen.Value) {
		now, _, err := s.Get(ctx, seen.Key)
		if err != nil {
			return storage.KeyValue{}, false, fmt.Errorf("update: %w", err)
		}
		return now, now.Revision == seen.Revision, nil
	}
	// A call to an etcd in this process may be carried out although its context has ended.
	if err := ctx.Err(); err != nil {
		return storage.KeyValue{}, false, s.wrap(ctx, "update "+seen.Key, err)
	}
	resp, err := s.swap(ctx, seen, next, ttl)
	if err != nil {
		return storage.KeyValue{}, false, s.wrap(ctx, "update "+seen.Key, err)
	}
	if resp.Succeeded {
		done := storage.KeyValue{Key: seen.Key, Value: next, Revision: resp.Header.GetRevision()}
		if next == nil {
			done.Value = seen.Value
		}
		return done, true, nil
	}
	found := resp.Responses[0].GetResponseRange().GetKvs()
	if len(found) == 0 {
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, storage.ErrNotFound)
	}
	return s.pair(found[0]), false, nil
}

// Peek implements storage.Store: nothing is known without asking etcd.
func (s *Store) Peek(context.Context, string) (storage.KeyValue, bool) {
	return storage.KeyValue{}, false
}

// put is OpPut without copies of the value, which etcd's client only reads.
func put(key string, value []byte, lease []clientv3.OpOption) clientv3.Op {
	op := clientv3.OpPut(key, "", lease...)
	op.WithValueBytes(value)
	return op
}

// swap writes value, or deletes when it is nil, if the key is still as current says; otherwise it reads the newer one.
func (s *Store) swap(ctx context.Context, current storage.KeyValue, value []byte, ttl time.Duration) (*clientv3.TxnResponse, error) {
	full := s.keys.Place(current.Key)
	commit := func(op clientv3.Op) (*clientv3.TxnResponse, error) {
		return s.client.Txn(ctx).
			If(clientv3.Compare(clientv3.ModRevision(full), "=", current.Revision)).
			Then(op).
			Else(clientv3.OpGet(full)).
			Commit()
	}
	if value == nil {
		return commit(clientv3.OpDelete(full))
	}
	return s.leased(ctx, ttl, func(lease []clientv3.OpOption) (*clientv3.TxnResponse, error) {
		return commit(put(full, value, lease))
	})
}
