// Package changes tells the server's own controllers of every change of the store. One goroutine reads them all, out of the
// watch cache, so a further controller costs a call for each change and no watch of its own.
package changes

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Handler hears of changes, from one goroutine: Restart, a Change for every object that there is, Listed, and then the
// changes. It starts over when the follower has lost some.
type Handler interface {
	Restart()
	Change(c *Change)
	Listed()
}

// Change is one change of an object. It and what it gives out are valid until Change returns, but for strings.
type Change struct {
	Key      string
	old, now *cache.Entry
	// before and after are read when somebody asks.
	before, after    *codec.Lifecycle
	scratch          *[]byte
	readOld, readNew bool
	listed           bool
}

// Listed says that the object was there when the follower began, between Restart and Listed.
func (c *Change) Listed() bool { return c.listed }

// Deleted says that the object is gone.
func (c *Change) Deleted() bool { return c.now == nil }

// Entries are the object before the change and after it, as the cache has them; nil where there is none. They stay valid.
func (c *Change) Entries() (old, now *cache.Entry) { return c.old, c.now }

// Before is the lifecycle of the object before the change; nil when there was none, when it is listed, or when it cannot be
// read. After is nil when it is gone.
func (c *Change) Before() *codec.Lifecycle {
	if !c.readOld {
		c.readOld, c.before = true, c.read(c.old)
	}
	return c.before
}

// After is the lifecycle that the object has now.
func (c *Change) After() *codec.Lifecycle {
	if !c.readNew {
		c.readNew, c.after = true, c.read(c.now)
	}
	return c.after
}

func (c *Change) read(e *cache.Entry) *codec.Lifecycle {
	if e == nil {
		return nil
	}
	value, err := e.Value(*c.scratch)
	if err != nil {
		return nil
	}
	if e.Packed() {
		*c.scratch = value
	}
	l, err := codec.ReadLifecycle(value)
	if err != nil {
		return nil // an object that cannot be read is nobody's owner and has none
	}
	return &l
}

// Follower reads the changes for its handlers. Events are left out: they own nothing, vanish by themselves, and are many.
type Follower struct {
	store    *cache.Cache
	handlers []Handler
	log      *slog.Logger
	scratch  []byte
}

// New follows store for handlers, once Run is called.
func New(store *cache.Cache, log *slog.Logger, handlers ...Handler) *Follower {
	return &Follower{store: store, handlers: handlers, log: log}
}

// everything is what all keys begin with.
const everything = "/"

// pause is how long after a failure the follower begins again, and the longest such time.
const (
	pause        = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// Run follows until ctx ends. It must run once.
func (f *Follower) Run(ctx context.Context) {
	for wait := pause; ; wait = min(2*wait, longestPause) {
		began := time.Now()
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestPause {
			wait = pause
		}
		f.log.Warn("controllers lost track of the store and begin again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// follow lists everything and tells of the changes after that.
func (f *Follower) follow(ctx context.Context) error {
	view, err := f.store.View(ctx)
	if err != nil {
		return err
	}
	events := resource.KeysOf("", "events").Prefix()
	isFollowed := func(e *cache.Entry) bool { return !strings.HasPrefix(e.Key, events) }
	wake, woken := cache.Signal()
	follower, err := f.store.Follow(ctx, cache.Selection{Prefix: everything, ID: "controllers", Match: isFollowed}, view.Revision, wake)
	if err != nil {
		return err
	}
	defer follower.Stop()
	for _, h := range f.handlers {
		h.Restart()
	}
	view.Leaves(everything, "", func(l cache.Leaf) bool {
		for _, e := range l.Entries {
			if isFollowed(e) {
				f.tell(&Change{Key: e.Key, now: e, listed: true})
			}
		}
		return ctx.Err() == nil
	})
	for _, h := range f.handlers {
		h.Listed()
	}
	for {
		d, _, err := follower.Next()
		switch {
		case err != nil:
			return err
		case d.Event != nil:
			f.tell(&Change{Key: d.Key, old: d.Old, now: d.New})
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-woken:
		}
	}
}

func (f *Follower) tell(c *Change) {
	c.scratch = &f.scratch
	for _, h := range f.handlers {
		h.Change(c)
	}
}
