package memory

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/utils/third_party/forked/golang/btree"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var errEmptyKey = errors.New("key is empty")

// get is the pair of a key; nil when there is none.
func (s *Store) get(key string) *pair {
	p, _ := s.pairs.Get(&pair{KeyValue: storage.KeyValue{Key: key}})
	return p
}

// Get implements storage.Store.
func (s *Store) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	if key == "" {
		return storage.KeyValue{}, 0, fmt.Errorf("get: %w", errEmptyKey)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return storage.KeyValue{}, 0, fmt.Errorf("get %s: %w", key, err)
	}
	p := s.get(key)
	if p == nil {
		return storage.KeyValue{}, s.log.last(), fmt.Errorf("get %s: %w", key, storage.ErrNotFound)
	}
	return p.KeyValue, s.log.last(), nil
}

// Peek implements storage.Store. The pair is the newest: it costs nothing to look.
func (s *Store) Peek(_ context.Context, key string) (storage.KeyValue, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.get(key); p != nil {
		return p.KeyValue, true
	}
	return storage.KeyValue{}, false
}

// Revision implements storage.Store.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return 0, fmt.Errorf("read the revision: %w", err)
	}
	return s.log.last(), nil
}

// Count implements storage.Store.
func (s *Store) Count(ctx context.Context, prefix string) (int64, error) {
	pairs, _, err := s.newest(ctx)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", prefix, err)
	}
	n := int64(0)
	ascend(pairs, prefix, "", func(*pair) bool { n++; return true })
	return n, nil
}

// Size implements storage.Sizer: an estimate of the memory that pairs and history take.
func (s *Store) Size(ctx context.Context) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return 0, fmt.Errorf("read the size: %w", err)
	}
	return s.bytes(), nil
}

// full says that the quota is used up.
func (s *Store) full() bool { return s.options.QuotaBytes > 0 && s.bytes() >= s.options.QuotaBytes }

func (s *Store) bytes() int64 {
	return s.size + overhead*int64(1+s.pairs.Len()+len(s.log.changes))
}

// newest is the state now and its revision. It stays as it is while others write.
func (s *Store) newest(ctx context.Context) (*btree.BTree[*pair], int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, 0, err
	}
	return s.pairs.Clone(), s.log.last(), nil
}

// ascend calls yield with the pairs under a prefix from a key on, in order; from "" is the start of the prefix.
func ascend(pairs *btree.BTree[*pair], prefix, from string, yield func(*pair) bool) {
	start := &pair{KeyValue: storage.KeyValue{Key: max(prefix, from)}}
	pairs.AscendGreaterOrEqual(start, func(p *pair) bool {
		if len(p.Key) < len(prefix) || p.Key[:len(prefix)] != prefix {
			return false
		}
		return yield(p)
	})
}
