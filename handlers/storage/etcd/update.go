package etcd

import (
	"bytes"
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Update implements storage.Store. It begins with a linearizable read, so a no-op decided on the first value is as good
// as one decided inside a transaction; after a lost race it goes on with the value that the transaction brought back.
// An update that changes nothing leaves the key's lease alone too, whatever ttl says.
func (s *Store) Update(ctx context.Context, key string, ttl time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	current, _, err := s.Get(ctx, key)
	if err != nil {
		return storage.KeyValue{}, fmt.Errorf("update: %w", err)
	}
	return s.update(ctx, current, true, ttl, next)
}

// UpdateFrom implements storage.Feeder.
func (s *Store) UpdateFrom(ctx context.Context, seen storage.KeyValue, ttl time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	return s.update(ctx, seen, false, ttl, next)
}

// update goes on until a transaction has found the pair as it was seen. certain says that current is no older than the
// call; without that only a transaction that succeeds proves it.
func (s *Store) update(ctx context.Context, current storage.KeyValue, certain bool, ttl time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	key := current.Key
	for {
		value, err := next(current)
		same := err == nil && value != nil && bytes.Equal(value, current.Value)
		if (err != nil || same) && !certain {
			read, _, err := s.Get(ctx, key)
			if err != nil {
				return storage.KeyValue{}, fmt.Errorf("update: %w", err)
			}
			if certain = true; read.Revision != current.Revision {
				current = read
				continue
			}
		}
		if err != nil {
			return storage.KeyValue{}, err
		}
		if same {
			return current, nil
		}
		resp, err := s.swap(ctx, current, value, ttl)
		if err != nil {
			return storage.KeyValue{}, s.wrap(ctx, "update "+key, err)
		}
		if resp.Succeeded {
			done := storage.KeyValue{Key: key, Value: value, Revision: resp.Header.GetRevision()}
			if value == nil {
				done.Value = current.Value
			}
			return done, nil
		}
		found := resp.Responses[0].GetResponseRange().GetKvs()
		if len(found) == 0 {
			return storage.KeyValue{}, fmt.Errorf("update %s: %w", key, storage.ErrNotFound)
		}
		current, certain = s.pair(found[0]), true
	}
}

// put is OpPut without copies of the value, which etcd's client only reads.
func put(key string, value []byte, lease []clientv3.OpOption) clientv3.Op {
	op := clientv3.OpPut(key, "", lease...)
	op.WithValueBytes(value)
	return op
}

// swap writes value, or deletes when it is nil, if the key is still as current says; otherwise it reads the newer one.
func (s *Store) swap(ctx context.Context, current storage.KeyValue, value []byte, ttl time.Duration) (*clientv3.TxnResponse, error) {
	full := s.prefix + current.Key
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
