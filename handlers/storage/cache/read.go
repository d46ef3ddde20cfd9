package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// View is the whole key space at one revision. It costs nothing to keep and never changes.
type View struct {
	Revision int64
	root     *node
}

// View is a state no older than any acknowledged write.
func (c *Cache) View(ctx context.Context) (View, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return View{}, err
	}
	return View{Revision: s.revision, root: s.root}, nil
}

// Latest is the newest state that the cache has, without asking the backend; false while it is loading.
func (c *Cache) Latest() (View, bool) {
	s := c.current.Load()
	if s == nil {
		return View{}, false
	}
	return View{Revision: s.revision, root: s.root}, true
}

// errTooOld: the state is not known here any more, but perhaps to the backend.
var errTooOld = errors.New("state is too old for the cache")

// ViewAt is the state at exactly a revision, if the cache still has it: else false, and the backend may. The error is
// storage.ErrFutureRevision when it has not happened, storage.ErrCompacted when it was to be forgotten.
func (c *Cache) ViewAt(ctx context.Context, revision int64) (View, bool, error) {
	s, err := c.at(ctx, revision)
	if errors.Is(err, errTooOld) {
		return View{}, false, nil
	}
	if err != nil {
		return View{}, false, err
	}
	return View{Revision: s.revision, root: s.root}, true, nil
}

func (c *Cache) at(ctx context.Context, revision int64) (snapshot, error) {
	if c.ctx.Err() != nil {
		return snapshot{}, errClosed
	}
	now := c.current.Load()
	if now == nil || now.revision < revision {
		var err error
		if now, err = c.fresh(ctx); err != nil {
			return snapshot{}, err
		}
		if now.revision < revision {
			return snapshot{}, storage.ErrFutureRevision
		}
	}
	s, ok := c.history.at(revision, *now)
	switch {
	case ok:
		return s, nil
	case c.history.isCompacted(revision):
		return snapshot{}, storage.ErrCompacted
	}
	return snapshot{}, errTooOld
}

// Get is the entry of a key; nil when there is none.
func (v View) Get(key string) *Entry { return v.root.get(key) }

// Count is the number of keys in [from, end) that begin with prefix, where from "" is the start of the prefix.
func (v View) Count(prefix, from string) int {
	end := prefixEnd(prefix)
	if end != "" && from >= end {
		return 0
	}
	last := 0
	if v.root != nil {
		last = v.root.count
	}
	if end != "" {
		last = v.root.rank(end)
	}
	return last - v.root.rank(max(from, prefix))
}

// Leaf is a run of neighbouring entries. They must not be changed.
type Leaf struct {
	Entries []*Entry
	// node is the leaf when Entries are all of it; nil otherwise.
	node *node
}

// Leaves calls yield with the entries under prefix from a key on, in order, some at a time.
func (v View) Leaves(prefix, from string, yield func(Leaf) bool) {
	v.root.leaves(max(from, prefix), prefixEnd(prefix), func(n *node, entries []*Entry) bool {
		l := Leaf{Entries: entries}
		if len(entries) == len(n.entries) {
			l.node = n
		}
		return yield(l)
	})
}

// Find is what was kept with a whole leaf under a key, which is compared.
func (l Leaf) Find(key any) (data any, found bool) {
	if l.node == nil {
		return nil, false
	}
	p := l.node.find(key)
	if p == nil {
		return nil, false
	}
	p.used.Store(time.Now().Unix())
	return p.data, true
}

// Keep keeps an encoded form of a leaf's entries with the leaf, until a write replaces that, nobody has asked for the
// form in a while, or there is too much of it all. size is what data takes. Of a part of a leaf nothing is kept.
func (c *Cache) Keep(l Leaf, key, data any, size int) {
	if l.node != nil {
		c.pieces.keep(l.node, key, data, size)
	}
}

// Gather makes a leaf of entries that were picked out of a state, in their order. When the same are picked again and again,
// forms of them are kept like those of a leaf.
func (c *Cache) Gather(entries []*Entry) Leaf {
	return Leaf{Entries: entries, node: c.pieces.gather(entries, time.Now())}
}

// AtLeast is a state no older than a revision, which it waits for as long as ctx lasts.
func (c *Cache) AtLeast(ctx context.Context, revision int64) (View, error) {
	s, err := c.reach(ctx, revision)
	if err != nil {
		return View{}, err
	}
	return View{Revision: s.revision, root: s.root}, nil
}

// Entry makes an entry of what the backend, or nobody, stores.
func (c *Cache) Entry(kv storage.KeyValue) *Entry { return c.plainEntry(kv.Key, kv.Revision, kv.Value) }

// Get implements storage.Store.
func (c *Cache) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	if key == "" {
		return storage.KeyValue{}, 0, errors.New("get: key is empty")
	}
	s, err := c.fresh(ctx)
	if err != nil {
		return storage.KeyValue{}, 0, fmt.Errorf("get %s: %w", key, err)
	}
	e := s.root.get(key)
	if e == nil {
		return storage.KeyValue{}, s.revision, fmt.Errorf("get %s: %w", key, storage.ErrNotFound)
	}
	kv, err := e.pair()
	return kv, s.revision, err
}

// List implements storage.Store.
func (c *Cache) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	var s snapshot
	if o.Revision > 0 {
		var err error
		if s, err = c.at(ctx, o.Revision); errors.Is(err, errTooOld) {
			return c.backend.List(ctx, prefix, o)
		} else if err != nil {
			return storage.ListResult{}, fmt.Errorf("list %s: %w", prefix, err)
		}
	} else {
		now, err := c.fresh(ctx)
		if err != nil {
			return storage.ListResult{}, fmt.Errorf("list %s: %w", prefix, err)
		}
		s = *now
	}
	v := View{Revision: s.revision, root: s.root}
	n := v.Count(prefix, o.From)
	result := storage.ListResult{Revision: s.revision}
	if o.Limit > 0 && int64(n) > o.Limit {
		result.Remaining = int64(n) - o.Limit
		n = int(o.Limit)
	}
	result.Items = make([]storage.KeyValue, 0, n)
	var err error
	v.Leaves(prefix, o.From, func(l Leaf) bool {
		for _, e := range l.Entries {
			if len(result.Items) == n {
				return false
			}
			var kv storage.KeyValue
			if kv, err = e.pair(); err != nil {
				return false
			}
			result.Items = append(result.Items, kv)
		}
		return true
	})
	if err != nil {
		return storage.ListResult{}, fmt.Errorf("list %s: %w", prefix, err)
	}
	return result, nil
}

// Count implements storage.Store.
func (c *Cache) Count(ctx context.Context, prefix string) (int64, error) {
	v, err := c.View(ctx)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", prefix, err)
	}
	return int64(v.Count(prefix, "")), nil
}

// Revision implements storage.Store.
func (c *Cache) Revision(ctx context.Context) (int64, error) {
	if c.ctx.Err() != nil {
		return 0, errClosed
	}
	return c.backend.Revision(ctx)
}
