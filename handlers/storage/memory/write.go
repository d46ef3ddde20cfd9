package memory

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// maxValue is the largest value that is taken: what etcd takes in one request by default.
	maxValue = 3 << 19
	// overhead is what a pair, and again a change, takes beside its bytes: a node's share, the structs, the rounding up of
	// allocations.
	overhead = 100
)

// Create implements storage.Store.
func (s *Store) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	if key == "" {
		return 0, fmt.Errorf("create: %w", errEmptyKey)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takes(ctx, value); err != nil {
		return 0, fmt.Errorf("create %s: %w", key, err)
	}
	if s.get(key) != nil {
		return 0, fmt.Errorf("create %s: %w", key, storage.ErrExists)
	}
	return s.put(key, nil, value, ttl).Revision, nil
}

// Swap implements storage.Store.
func (s *Store) Swap(ctx context.Context, seen storage.KeyValue, next []byte, ttl time.Duration) (storage.KeyValue, bool, error) {
	if err := storage.CheckSeen(seen); err != nil {
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takes(ctx, next); err != nil {
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, err)
	}
	now := s.get(seen.Key)
	switch {
	case now == nil:
		return storage.KeyValue{}, false, fmt.Errorf("update %s: %w", seen.Key, storage.ErrNotFound)
	case now.Revision != seen.Revision:
		return now.KeyValue, false, nil
	case next == nil:
		return s.remove(now), true, nil
	case bytes.Equal(next, now.Value):
		return now.KeyValue, true, nil
	}
	return s.put(now.Key, now, next, ttl), true, nil
}

// takes is why a value cannot be stored now; nil is a deletion.
func (s *Store) takes(ctx context.Context, value []byte) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	switch {
	case len(value) > maxValue:
		return fmt.Errorf("%d bytes: %w", len(value), storage.ErrTooLarge)
	case value != nil && s.full():
		return storage.ErrNoSpace
	}
	return nil
}

// put stores a copy of value in the place of before, which may be nil.
func (s *Store) put(key string, before *pair, value []byte, ttl time.Duration) storage.KeyValue {
	after := &pair{KeyValue: storage.KeyValue{Key: key, Value: append(make([]byte, 0, len(value)), value...), Revision: s.log.last() + 1}}
	if before != nil {
		s.lives.end(before.life)
	}
	if ttl > 0 {
		after.life = s.lives.begin(after, ttl, s.expire)
	}
	s.pairs.ReplaceOrInsert(after)
	s.size += int64(len(key) + len(value))
	s.changed(storage.Event{Type: storage.Put, Key: key, Value: after.Value}, before)
	return after.KeyValue
}

// remove deletes a pair and returns it at the revision of the deletion.
func (s *Store) remove(before *pair) storage.KeyValue {
	s.lives.end(before.life)
	s.pairs.Delete(before)
	s.changed(storage.Event{Type: storage.Deleted, Key: before.Key}, before)
	gone := before.KeyValue
	gone.Revision = s.log.last()
	return gone
}

// changed notes a change at a new revision and wakes followers.
func (s *Store) changed(e storage.Event, before *pair) {
	e.Revision = s.log.last() + 1
	if before != nil {
		e.Previous, e.PreviousRevision = before.Value, before.Revision
	}
	s.log.add(e)
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
}
