// Package cache is a storage.Store that answers reads out of memory.
//
// One goroutine follows the backend: it loads the whole key space once and then applies every change, so that there is
// one state of everything at each revision, not one cache per kind. A state is an immutable tree; publishing a new one
// is storing a pointer, and a reader that has one needs no lock and no luck. Values lie compressed, with a dictionary for
// each collection. Select finds objects through indexes, which are made for what is asked for again and again.
//
// A second goroutine dispatches the changes to followers: watches of the same selection share what is matched and
// encoded. Watches of a collection that resume from before the start of this process share one watch of the backend.
//
// Reads are as fresh as the backend's: a read first asks the backend for its revision (the embedded store has it in
// memory) and waits until that much was applied. So a client that has written sees its write, on this server and on any
// other, and no read goes back in time. Writes go straight to the backend and return when it acknowledges them.
//
// What the cache does not know any more (states and watches older than Options.Keep) is asked of the backend.
package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// DefaultKeep is how long states and changes are remembered. Upstream promises 75 s: long enough for a client to
	// come back after its connection broke, and for the pages of a list.
	DefaultKeep = 75 * time.Second
	// DefaultBookmarks is how often watchers of Watch hear that they are up to date.
	DefaultBookmarks = 20 * time.Second
	// DefaultPatience is how long a read waits for the cache to reach the backend's revision (upstream's figure). It
	// takes a fraction of a millisecond, unless the way the changes come is broken.
	DefaultPatience = 3 * time.Second
	// mostEvents bounds what is remembered when changes come faster than one thinks.
	mostEvents = 100_000
	// housekeeping is how often what is too old is dropped.
	housekeeping = time.Second
)

// Options say how a Cache behaves. The zero value works.
type Options struct {
	// Keep is how long old states and changes are remembered; 0 means DefaultKeep.
	Keep time.Duration
	// Bookmarks is how often the watchers of Watch hear that they are up to date; 0 means DefaultBookmarks.
	Bookmarks time.Duration
	// Patience is how long a read waits for the cache to reach the backend's revision before it fails with
	// storage.ErrUnavailable; 0 means DefaultPatience.
	Patience time.Duration
	// Attributes makes what selectors ask of an object, from its key and its value, which it must not keep. Nil means that
	// entries have none.
	Attributes func(key string, value []byte) any
	// Owners appends the UIDs of an object's owners to dst, from its value, which it must not keep. Nil means that nothing is
	// found by its owner.
	Owners func(dst []string, value []byte) ([]string, error)
	// Handed is called with the key of every change once that was dispatched to followers; it must not wait. May be nil.
	Handed func(key string)
	// Logger hears of what fails in the background; nil discards it.
	Logger *slog.Logger
}

// Cache is storage.Store over a backend, which it owns. It is safe for concurrent use.
type Cache struct {
	backend storage.Feeder
	options Options
	log     *slog.Logger

	// current is the newest state; nil until everything is loaded. loaded is closed then.
	current  atomic.Pointer[snapshot]
	loaded   chan struct{}
	loading  sync.Once
	moved    signal
	progress progress
	packer   packer
	history  history
	hub      hub
	pieces   pieces
	indexes  indexes
	weights  weights
	// past is what the pasts of all collections take, in bytes.
	past atomic.Int64

	// ctx ends with Close; all goroutines hang on it.
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	// mu orders the start of a watch against Close: none is added to running after Close began to wait.
	mu     sync.Mutex
	closed bool
}

var (
	_ storage.Store     = (*Cache)(nil)
	_ storage.Compactor = (*Cache)(nil)
)

var errClosed = fmt.Errorf("store is closed: %w", storage.ErrUnavailable)

// New makes a Cache and begins to load it; Loaded tells when that is done. Until then reads wait.
func New(backend storage.Feeder, o Options) *Cache {
	if o.Keep == 0 {
		o.Keep = DefaultKeep
	}
	if o.Bookmarks == 0 {
		o.Bookmarks = DefaultBookmarks
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cache{backend: backend, options: o, log: o.Logger.With("component", "cache"), loaded: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.hub.handed = o.Handed
	c.hub.start()
	c.running.Go(c.follow)
	c.running.Go(func() { c.hub.run(c.ctx) })
	c.running.Go(c.housekeep)
	return c
}

// Loaded is closed once everything is loaded.
func (c *Cache) Loaded() <-chan struct{} { return c.loaded }

// Ready implements storage.Store.
func (c *Cache) Ready(ctx context.Context) error {
	if c.ctx.Err() != nil {
		return errClosed
	}
	if c.current.Load() == nil {
		return fmt.Errorf("the cache is not loaded yet: %w", storage.ErrUnavailable)
	}
	return c.backend.Ready(ctx)
}

// Reachable says whether the backend is ready, be it that the cache is still loading.
func (c *Cache) Reachable(ctx context.Context) error {
	if c.ctx.Err() != nil {
		return errClosed
	}
	return c.backend.Ready(ctx)
}

// Close implements storage.Store: it ends all watches and closes the backend. It may be called more than once.
func (c *Cache) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.running.Wait()
	return c.backend.Close()
}

// begin starts one more goroutine that Close waits for, unless the cache is closed.
func (c *Cache) begin(run func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	c.running.Go(run)
	return nil
}

// Compact implements storage.Compactor. The cache forgets with the backend.
func (c *Cache) Compact(ctx context.Context, revision int64) error {
	backend, ok := c.backend.(storage.Compactor)
	if !ok {
		return fmt.Errorf("%T cannot be compacted: %w", c.backend, errors.ErrUnsupported)
	}
	if err := backend.Compact(ctx, revision); err != nil {
		return err
	}
	c.history.compact(revision)
	return nil
}

// Remembers is how long old states and changes are remembered.
func (c *Cache) Remembers() time.Duration { return c.options.Keep }

// housekeep drops what is older than is to be remembered.
func (c *Cache) housekeep() {
	tick := time.NewTicker(housekeeping)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case now := <-tick.C:
			oldest := now.Add(-c.options.Keep)
			floor := c.history.trim(oldest, mostEvents)
			c.hub.trim(floor, oldest)
			c.indexes.sweep(floor, now)
			if s := c.current.Load(); s != nil {
				c.pieces.sweep(s.root, now)
			}
		}
	}
}
