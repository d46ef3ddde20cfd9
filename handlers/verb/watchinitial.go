package verb

import (
	"fmt"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/watch"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// initial is what is left of the state that a watch begins with. It keeps a whole state of the store in memory, and a client
// that takes nothing may stay for as long as it likes, while Next is not asked: so it can be let go of beside Next, when the
// watch ends or the client has taken nothing for as long as the cache remembers.
type initial struct {
	*page
	// marked is called when the client was told where the state ends; nil when it does not want to hear that.
	marked func()
	// since is when the state was read, and moved how much later the client last took something of it.
	since time.Time
	moved atomic.Int64
}

// letGo stands for a state of which the client will not get the rest.
var letGo = &initial{}

func (i *initial) isLeft() bool { return i != nil && i != letGo }

// still is for how long the client has taken nothing.
func (i *initial) still() time.Duration { return time.Since(i.since) - time.Duration(i.moved.Load()) }

// expire lets go of the initial state because it was not taken in time. It is counted here, for the client may never come to
// hear of it.
func (w *watching) expire(i *initial) {
	if w.initial.CompareAndSwap(i, letGo) {
		w.slow()
	}
}

// close lets the watch end as soon as it is asked.
func (w *watching) close() {
	w.closing.Store(true) // first: see expired
	w.initial.Store(letGo)
}

// gathered is how much of the initial state is sent at once: objects are small, and each write costs one of the network.
const gathered = 64 << 10

// nextInitial is the next piece of the state that the watch begins with, and after it, when the client asked for it, a
// bookmark that says where it ends. Nothing when there is nothing left of either.
func (w *watching) nextInitial(i *initial) ([]byte, error) {
	if i == letGo {
		return w.expired()
	}
	enough := gathered
	if w.single {
		enough = 1
	}
	full, given := false, 0
	var last *cache.Entry
	for e := range i.entries {
		if full {
			break
		}
		w.meter.Initial()
		if err := w.event(watch.Added, e, e.Revision); err != nil {
			return w.unreadable(e.Key, err)
		}
		last, given = e, given+1
		full = len(*w.buffer) >= enough
	}
	if full {
		i.skip(given, last)
		i.moved.Store(int64(time.Since(i.since)))
		return *w.buffer, nil
	}
	if !w.initial.CompareAndSwap(i, nil) {
		return w.expired()
	}
	if i.marked != nil {
		if err := w.bookmark(i.revision, true); err != nil {
			return nil, err
		}
		i.marked()
	}
	return w.given(), nil
}

// expired ends a watch whose initial state was let go of. Its client must not go on from what it has got: the objects came by
// name, so what is missing may be older.
func (w *watching) expired() ([]byte, error) {
	if w.closing.Load() {
		return w.ended(cache.ErrEnded)
	}
	return w.ended(fmt.Errorf("the initial state was not taken in time: %w", storage.ErrCompacted))
}
