package etcd

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// questions let reads that come together share what etcd is asked. An answer holds for everybody who came before its
// question was put, so whoever comes while one is on its way waits for the next, together with all the others who do.
type questions struct {
	// mu guards both. next has those whose question was not put yet; nil when there are none. busy says that a question is
	// on its way: its sender puts next when it is answered.
	mu   sync.Mutex
	next *question
	busy bool
}

// question is one that is put to etcd for several. Its answer is valid once done is closed.
type question struct {
	done     chan struct{}
	revision int64
	err      error
}

// Revision implements storage.Store. A busy server asks etcd once for many reads.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	if q := s.questions.join(); q != nil {
		// A question that hangs on one member must not hold up those whom another could answer.
		limit := time.NewTimer(readPatience)
		defer limit.Stop()
		select {
		case <-q.done:
			if q.err == nil {
				return q.revision, nil
			}
		case <-ctx.Done():
		case <-limit.C:
		}
		// Whose question was not answered asks by itself, and hears of its own error.
		return s.revision(ctx)
	}
	defer s.passOn()
	return s.revision(ctx)
}

// revision asks etcd. A counted range would walk the index; one key that does not exist is the cheapest linearizable
// question.
func (s *Store) revision(ctx context.Context) (int64, error) {
	told := s.hearing.told()
	resp, err := s.read(ctx, readPatience, s.healthKey(), clientv3.WithKeysOnly())
	if err != nil {
		return 0, s.wrap(ctx, "read the revision", err)
	}
	revision := resp.Header.GetRevision()
	if revision < told {
		// What was told before a linearizable read is never newer than the read. Nothing that was made of it may be shown.
		s.hearing.wentBack(revision)
		return 0, fmt.Errorf("read the revision: it is %d after %d: %w: %w", revision, told, errBackwards, storage.ErrUnavailable)
	}
	return revision, nil
}

// join is the question to wait for; nil when none is on its way, and the caller puts its own.
func (q *questions) join() *question {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.busy {
		q.busy = true
		return nil
	}
	if q.next == nil {
		q.next = &question{done: make(chan struct{})}
	}
	return q.next
}

// take is the question to be put now; nil when nobody waits, and then nobody is busy any more.
func (q *questions) take() *question {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := q.next
	q.next, q.busy = nil, next != nil
	return next
}

// passOn puts the questions of reads that came meanwhile, beside the caller, until none waits.
func (s *Store) passOn() {
	next := s.questions.take()
	if next == nil {
		return
	}
	put := func() {
		for ; next != nil; next = s.questions.take() {
			ctx, cancel := context.WithTimeout(s.ctx, readPatience)
			next.revision, next.err = s.revision(ctx)
			cancel()
			close(next.done)
		}
	}
	if s.begin(put) != nil {
		// The store is closed: all waiting reads fail at once.
		put()
	}
}
