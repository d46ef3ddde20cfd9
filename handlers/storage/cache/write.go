package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Create implements storage.Store.
func (c *Cache) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	if c.ctx.Err() != nil {
		return 0, fmt.Errorf("create %s: %w", key, errClosed)
	}
	return c.backend.Create(ctx, key, value, ttl)
}

// Swap implements storage.Store.
func (c *Cache) Swap(ctx context.Context, seen storage.KeyValue, next []byte, ttl time.Duration) (storage.KeyValue, bool, error) {
	if c.ctx.Err() != nil {
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, errClosed)
	}
	return c.backend.Swap(ctx, seen, next, ttl)
}

// Peek implements storage.Store: the pair of the newest state that the cache has.
func (c *Cache) Peek(_ context.Context, key string) (storage.KeyValue, bool) {
	s := c.current.Load()
	if s == nil || c.ctx.Err() != nil {
		return storage.KeyValue{}, false
	}
	e := s.root.get(key)
	if e == nil {
		return storage.KeyValue{}, false
	}
	kv, err := e.pair()
	return kv, err == nil
}
