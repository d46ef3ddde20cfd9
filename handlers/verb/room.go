package verb

import (
	"context"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// room bounds the memory of answers that take much of it. An answer lies in memory for as long as its client takes to read
// it, and hundreds may be under way. Answers are counted by an estimate; what is small is not counted.
type room struct {
	once sync.Once
	left *semaphore.Weighted
}

const (
	// mostRoom is how much such answers may take together.
	mostRoom = 512 << 20
	// freeRoom is what each answer may take without being counted.
	freeRoom = 1 << 20
	// encodedShare is what an object takes while it is unpacked and encoded, in its stored size; wholeShare what objects take
	// that are shown as YAML, indented or as a sorted table, which are made as a whole.
	encodedShare = 3
	wholeShare   = 8
	// pastRoom is what a page takes while it is read from etcd, before its size is known.
	pastRoom = 64 << 20
)

// take is room for an answer that has not begun; 429 when there is none. An answer that needs more than there is at all is
// given when no other is under way. Administrators always get theirs.
func (m *room) take(r *pipeline.Request, size int) (release func(), err error) {
	if size <= freeRoom {
		return func() {}, nil
	}
	n := m.cut(size)
	switch {
	case m.left.TryAcquire(n):
		return func() { m.left.Release(n) }, nil
	case r.Privileged():
		return func() {}, nil
	}
	return nil, apierrors.NewTooManyRequests("too many large answers are under way, please try again later", 1)
}

// wait is take for an answer that has begun, which can only wait. An answer that has room already must not wait for more, but use nil.
func (m *room) wait(r *pipeline.Request, size int) (release func(), err error) {
	if m == nil || size <= freeRoom || r.Privileged() {
		return func() {}, nil
	}
	n := m.cut(size)
	if err := m.left.Acquire(r.Context(), n); err != nil {
		return nil, context.Cause(r.Context())
	}
	if r.Context().Err() != nil { // many may have ended together, and what begins now is too late
		m.left.Release(n)
		return nil, context.Cause(r.Context())
	}
	return func() { m.left.Release(n) }, nil
}

func (m *room) cut(size int) int64 {
	m.once.Do(func() { m.left = semaphore.NewWeighted(mostRoom) })
	return min(int64(size), mostRoom)
}

// roomForList is room for a list that is made as a whole, or whose objects are nobody else's.
func (a *answer) roomForList(h *Handlers, r *pipeline.Request, p *page) (release func(), err error) {
	switch {
	case !a.inParts(r):
		return h.room.take(r, wholeShare*p.weight())
	case p.stored:
		return h.room.take(r, encodedShare*p.weight())
	}
	return func() {}, nil
}

// inParts says whether a list in this form is made and sent in parts, and not as a whole.
func (a *answer) inParts(r *pipeline.Request) bool {
	switch {
	case a.IsTable():
		return a.Format == codec.JSON && !a.Pretty && r.Resource.Columns.Compare == nil
	case a.Format == codec.JSON:
		return !a.Pretty
	}
	return a.Format == codec.Protobuf
}

// roomForObjects is where the objects of a page that is neither find room one by one.
func (h *Handlers) roomForObjects(p *page) *room {
	if p.stored {
		return nil
	}
	return &h.room
}

// share is what an object takes in this form, in its stored size.
func (a *answer) share() int {
	if a.Format == codec.YAML || a.Pretty || a.IsTable() {
		return wholeShare
	}
	return encodedShare
}

// weight is the size of a page's stored objects together.
func (p *page) weight() (all int) {
	for e := range p.entries {
		all += e.Size()
	}
	return all
}

// togetherMost is how many bytes of stored objects are encoded together. Leaves of the cache with more are taken apart, and
// nothing of them is kept.
const togetherMost = 1 << 20

// parts are a leaf as a whole, or its objects one by one if it is large.
func parts(l cache.Leaf) iter.Seq[cache.Leaf] {
	return func(yield func(cache.Leaf) bool) {
		size := 0
		for _, e := range l.Entries {
			size += e.Size()
		}
		if size <= togetherMost {
			yield(l)
			return
		}
		for i := range l.Entries {
			if !yield(cache.Leaf{Entries: l.Entries[i : i+1]}) {
				return
			}
		}
	}
}
