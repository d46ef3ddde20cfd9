package cache

import (
	"context"
	"sync"
	"time"
)

const (
	// A reader that waits for a revision gives the change this long to come by itself, before it asks the backend how far
	// it is: the revision may be one of somebody else's keys. progressAgain is how often it asks then.
	progressAfter = 2 * time.Millisecond
	progressAgain = 50 * time.Millisecond
)

// signal wakes all waiters at once.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait is closed by the next raise.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// reach waits until the cache has applied a revision.
func (c *Cache) reach(ctx context.Context, revision int64) (*snapshot, error) {
	if s := c.current.Load(); s != nil && s.revision >= revision {
		return s, nil
	}
	timer := time.NewTimer(progressAfter)
	defer timer.Stop()
	for {
		moved := c.moved.wait()
		if s := c.current.Load(); s != nil && s.revision >= revision {
			return s, nil
		}
		select {
		case <-moved:
		case <-timer.C:
			c.progress.request(ctx, c.backend.RequestProgress)
			timer.Reset(progressAgain)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.ctx.Done():
			return nil, errClosed
		}
	}
}

// progress keeps readers that wait from all requesting progress at once: an answer is an answer for all.
type progress struct {
	mu   sync.Mutex
	last time.Time
}

func (n *progress) request(ctx context.Context, ask func(context.Context)) {
	now := time.Now()
	n.mu.Lock()
	mine := now.Sub(n.last) >= progressAfter
	if mine {
		n.last = now
	}
	n.mu.Unlock()
	if mine {
		ask(ctx)
	}
}
