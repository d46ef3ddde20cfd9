package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// slowestRetry is how long a failed load waits at most before the next try.
const slowestRetry = time.Second

// follow loads the cache and keeps it up to date until it is closed. When the backend no longer knows the changes that
// come next, everything is loaded anew and all watchers have to start over, for nobody can tell what they missed.
func (c *Cache) follow() {
	for pause := 10 * time.Millisecond; c.ctx.Err() == nil; pause = min(2*pause, slowestRetry) {
		err := c.load()
		if err == nil {
			pause = 10 * time.Millisecond
			err = c.backend.Feed(c.ctx, c.current.Load().revision, c.apply)
		}
		if c.ctx.Err() != nil {
			return
		}
		c.log.Warn("lost track of the store, loading it again", "err", err)
		select {
		case <-c.ctx.Done():
		case <-time.After(pause):
		}
	}
}

var errBackwards = errors.New("the store went back in time")

// apply makes the next state of the present one and some changes, and publishes it.
func (c *Cache) apply(changes []storage.Event, through int64) error {
	now := *c.current.Load()
	if through < now.revision {
		return fmt.Errorf("%w: from revision %d to %d", errBackwards, now.revision, through)
	}
	next := snapshot{root: now.root, revision: through}
	events := make([]*Event, 0, len(changes))
	when := time.Now()
	for _, change := range changes {
		e := &Event{Key: change.Key, Revision: change.Revision, Old: next.root.get(change.Key), when: when}
		if e.Old != nil {
			// The history and the indexes keep keys: one for all states of an object.
			e.Key = e.Old.Key
		}
		t := c.packer.of(topic(change.Key))
		if change.Type == storage.Deleted {
			if e.Old == nil {
				continue
			}
			next.root, _ = next.root.remove(e.Key)
			t.count--
		} else {
			e.New = &Entry{Key: e.Key, Revision: change.Revision}
			if c.options.Attributes != nil {
				e.New.Attributes = c.options.Attributes(change.Key, change.Value)
			}
			e.keepAttributes()
			c.packer.pack(e.New, t, change.Value)
			if next.root, _ = next.root.set(e.New); e.Old == nil {
				t.count++
			}
		}
		c.weights.changed(topic(change.Key), e.Old, e.New)
		events = append(events, e)
		if t.due() {
			next.root = c.relearn(next.root, topic(change.Key), t)
		}
	}
	// A reader of the new state must find its history, so that comes first.
	c.history.add(events, next)
	c.publish(&next, events)
	c.moved.raise()
	c.hub.push(events, through)
	return nil
}

// relearn makes a dictionary from a collection's objects. The first one also packs what came before it.
func (c *Cache) relearn(root *node, topic string, t *packing) *node {
	first := t.dict == nil
	var all []*Entry
	root.leaves(topic, prefixEnd(topic), func(_ *node, entries []*Entry) bool {
		all = append(all, entries...)
		return true
	})
	t.count = len(all)
	if !t.due() {
		return root
	}
	t.learn(func(i int) []byte {
		value, err := all[i].Value(nil)
		if err != nil {
			return nil
		}
		return value
	})
	if !first || t.dict == nil {
		return root
	}
	for _, e := range all {
		again := &Entry{Key: e.Key, Revision: e.Revision, Attributes: e.Attributes}
		c.packer.pack(again, t, e.data)
		root, _ = root.set(again)
		c.weights.changed(topic, e, again)
	}
	return root
}

// fresh is a state that has every write that was acknowledged before the call.
func (c *Cache) fresh(ctx context.Context) (*snapshot, error) {
	if c.ctx.Err() != nil {
		return nil, errClosed
	}
	revision, err := c.backend.Revision(ctx)
	if err != nil {
		return nil, err
	}
	switch s := c.current.Load(); {
	case s == nil:
		return c.reach(ctx, revision)
	case s.revision >= revision:
		return s, nil
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Patience)
	defer cancel()
	s, err := c.reach(limited, revision)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("the cache is behind revision %d: %w", revision, storage.ErrUnavailable)
	}
	return s, err
}
