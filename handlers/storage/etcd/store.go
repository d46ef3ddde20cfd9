// Package etcd keeps objects in etcd: the Store over one clientv3.Client, wherever that client leads (a cluster over
// gRPC, or the server that package embedded runs in this process).
//
// The bytes are laid down as upstream's API server does, so that both can share one cluster: one etcd key per object,
// its modification revision as the object's revision, leases for what shall vanish, and the same agreement about who
// compacts. Writes are transactions that compare the revision which the writer saw; none is ever repeated blindly, so a
// write that ends with ErrUnavailable may or may not have happened.
package etcd

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// DefaultPrefix is where upstream keeps its objects.
	DefaultPrefix = storage.DefaultRoot
	// DefaultCompactInterval is how long upstream lets history grow.
	DefaultCompactInterval = 5 * time.Minute
	// DefaultBookmarkInterval is well inside the minute that the Store interface promises.
	DefaultBookmarkInterval = 20 * time.Second
)

// Options is what a Store needs to know besides its client. The zero value works: keys are used as they are given,
// nothing is compacted, bookmarks come at the default pace.
type Options struct {
	// Prefix stands before every key in etcd; callers neither give nor get it. Slashes at its end do not count, as in
	// upstream.
	Prefix string
	// CompactInterval is the age at which history is dropped; 0 never drops any.
	CompactInterval time.Duration
	// LeaseReuse is how long objects at most are given the same lease, which they may outlive their time by; 0 gives each its own.
	LeaseReuse time.Duration
	// BookmarkInterval is how often watchers hear that they are up to date; 0 means DefaultBookmarkInterval.
	BookmarkInterval time.Duration
	// Local says that the client calls the only member, in this process.
	Local bool
	// Leased hears how many objects shared a lease, once no more will; may be nil.
	Leased func(objects int)
	// Logger hears of what fails in the background; nil discards it.
	Logger *slog.Logger
}

// Store is storage.Store over one etcd client, which it owns.
type Store struct {
	client *clientv3.Client
	keys   storage.Keyspace
	log    *slog.Logger
	leases *leases
	alarms alarms
	// fault is why etcd cannot be asked; nil for a local store.
	fault *fault
	// questions are what reads wait for to know how fresh they must be.
	questions questions
	// bookmarks is how long a watcher goes without one.
	bookmarks time.Duration
	// reads are options of every read. The only member knows all that was acknowledged: it need not ask a quorum of one.
	reads []clientv3.OpOption
	// local says that there is only that member, in this process.
	local bool

	// ctx ends with Close; every background loop and every watch hangs on it.
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	watchers atomic.Int64
	hearing  hearing
	// mu orders the start of a watch against Close: none is added to running after Close began to wait.
	mu     sync.Mutex
	closed bool
}

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Compactor = (*Store)(nil)
	_ storage.Feeder    = (*Store)(nil)
	_ storage.Sizer     = (*Store)(nil)
)

// New makes a Store of a client. The Store closes the client when it is closed.
func New(client *clientv3.Client, o Options) *Store {
	if o.BookmarkInterval == 0 {
		o.BookmarkInterval = DefaultBookmarkInterval
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{
		client: client, keys: storage.NewKeyspace(o.Prefix), log: o.Logger.With("component", "etcd store"),
		bookmarks: o.BookmarkInterval, local: o.Local, ctx: ctx, stop: stop,
	}
	s.leases = newLeases(o.LeaseReuse, s.grant, o.Leased)
	if o.Local {
		s.reads = []clientv3.OpOption{clientv3.WithSerializable()}
	} else {
		s.running.Go(func() { s.progressLoop(o.BookmarkInterval) })
	}
	if o.CompactInterval > 0 {
		s.running.Go(func() { s.compactLoop(o.CompactInterval) })
	}
	return s
}

// Close implements storage.Store. It may be called more than once.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	// Watches go first: each cancels its own watch on the client, which must still be open for that.
	s.stop()
	s.running.Wait()
	if err := s.client.Close(); err != nil && s.client.Ctx().Err() == nil {
		return fmt.Errorf("close etcd client: %w", err)
	}
	return nil
}

// begin counts one more watch, unless the store is closed.
func (s *Store) begin(run func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.running.Go(run)
	return nil
}

// healthKey is never written; reading it costs etcd one look-up. Upstream probes the same key, so that permissions
// given to it in etcd's own access control suffice here.
func (s *Store) healthKey() string { return s.keys.Place("/health") }
