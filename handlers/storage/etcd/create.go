package etcd

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Create implements storage.Store.
func (s *Store) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	if key == "" {
		return 0, fmt.Errorf("create: %w", errEmptyKey)
	}
	full := s.keys.Place(key)
	resp, err := s.leased(ctx, ttl, func(lease []clientv3.OpOption) (*clientv3.TxnResponse, error) {
		return s.client.Txn(ctx).
			If(clientv3.Compare(clientv3.ModRevision(full), "=", 0)).
			Then(put(full, value, lease)).
			Commit()
	})
	if err != nil {
		return 0, s.wrap(ctx, "create "+key, err)
	}
	if !resp.Succeeded {
		return 0, fmt.Errorf("create %s: %w", key, storage.ErrExists)
	}
	return resp.Header.GetRevision(), nil
}
