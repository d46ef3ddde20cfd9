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

// Update implements storage.Store. It begins with the pair that the cache has, which saves the backend's read: when that
// is out of date, the transaction says so.
func (c *Cache) Update(ctx context.Context, key string, ttl time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	if c.ctx.Err() != nil {
		return storage.KeyValue{}, fmt.Errorf("update %s: %w", key, errClosed)
	}
	s := c.current.Load()
	if s == nil || ctx.Err() != nil {
		return c.backend.Update(ctx, key, ttl, next)
	}
	e := s.root.get(key)
	if e == nil {
		return c.backend.Update(ctx, key, ttl, next)
	}
	seen, err := e.pair()
	if err != nil {
		return storage.KeyValue{}, fmt.Errorf("update: %w", err)
	}
	return c.backend.UpdateFrom(ctx, seen, ttl, next)
}
