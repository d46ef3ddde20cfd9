package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/third_party/forked/golang/btree"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// List implements storage.Store.
func (s *Store) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	if o.Revision > 0 {
		result, err := s.listAt(ctx, prefix, o)
		if err != nil {
			return storage.ListResult{}, fmt.Errorf("list %s at %d: %w", prefix, o.Revision, err)
		}
		return result, nil
	}
	pairs, revision, err := s.newest(ctx)
	if err != nil {
		return storage.ListResult{}, fmt.Errorf("list %s: %w", prefix, err)
	}
	result := storage.ListResult{Items: []storage.KeyValue{}, Revision: revision}
	ascend(pairs, prefix, o.From, func(p *pair) bool {
		if o.Limit > 0 && int64(len(result.Items)) == o.Limit {
			result.Remaining++
		} else {
			result.Items = append(result.Items, p.KeyValue)
		}
		return true
	})
	return result, nil
}

// listAt is List of a state of the past.
func (s *Store) listAt(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	pairs, was, err := s.past(ctx, prefix, o)
	if err != nil {
		return storage.ListResult{}, err
	}
	result := storage.ListResult{Items: []storage.KeyValue{}, Revision: o.Revision}
	ascend(pairs, prefix, o.From, func(p *pair) bool {
		if _, changed := was[p.Key]; !changed {
			result.Items = append(result.Items, p.KeyValue)
		}
		return true
	})
	for _, kv := range was {
		if kv.Revision != 0 {
			result.Items = append(result.Items, kv)
		}
	}
	slices.SortFunc(result.Items, func(a, b storage.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	if n := int64(len(result.Items)); o.Limit > 0 && n > o.Limit {
		result.Items, result.Remaining = result.Items[:o.Limit], n-o.Limit
	}
	return result, nil
}

// past is the state now, and what the keys that a list takes in, and that were changed since its revision, had then: no
// revision for none.
func (s *Store) past(ctx context.Context, prefix string, o storage.ListOptions) (now *btree.BTree[*pair], was map[string]storage.KeyValue, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, nil, err
	}
	switch {
	case o.Revision > s.log.last():
		return nil, nil, storage.ErrFutureRevision
	case o.Revision < max(s.log.compacted, s.log.floor):
		return nil, nil, storage.ErrCompacted
	}
	was = map[string]storage.KeyValue{}
	for _, e := range s.log.after(o.Revision) {
		if !strings.HasPrefix(e.Key, prefix) || e.Key < o.From {
			continue
		}
		if _, known := was[e.Key]; !known {
			was[e.Key] = storage.KeyValue{Key: e.Key, Value: e.Previous, Revision: e.PreviousRevision}
		}
	}
	return s.pairs.Clone(), was, nil
}
