// Package memory is a storage.Store that keeps everything in the memory of this process and nothing anywhere else.
//
// It keeps every promise of the interface except that it survives the process: one revision for each write, states of the
// past, watches from the past, compaction, times to live. It is for tests, and for servers whose objects may go with them.
// Opening one costs nothing, and it has no goroutines of its own: only those of its watches.
//
// The newest pairs are in a B-tree that can be cloned at no cost, so that a long read holds up no write. The changes since
// the last compaction are in a log. A state of the past is the newest one with the changes since then taken back.
package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/utils/third_party/forked/golang/btree"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// DefaultBookmarkInterval is well inside the minute that the Store interface promises.
	DefaultBookmarkInterval = 20 * time.Second
	// degree is how wide the nodes of the tree are: half of what they hold at most.
	degree = 32
)

// Options say how a Store behaves. The zero value works: nothing is compacted, and the memory is the only bound.
type Options struct {
	// CompactInterval is the age at which history is dropped; 0 never drops any.
	CompactInterval time.Duration
	// BookmarkInterval is how often watchers hear that they are up to date; 0 means DefaultBookmarkInterval.
	BookmarkInterval time.Duration
	// QuotaBytes is how large the store may grow, its history included; 0 means that it is not bounded. Beyond it only
	// deletions are taken.
	QuotaBytes int64
}

// Store is storage.Store in memory. It is safe for concurrent use.
type Store struct {
	options Options

	// ctx ends with Close; all watches hang on it.
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.RWMutex
	closed bool
	pairs  *btree.BTree[*pair]
	log    log
	lives  lives
	// size is what pairs and changes take, in bytes.
	size int64
	// moved is closed by the next change; nil when nobody waits for one.
	moved chan struct{}
	// seen is the revision at the last round of compaction; rounds wakes for the next.
	seen   int64
	rounds *time.Timer
}

// pair is a stored pair. Only its life changes.
type pair struct {
	storage.KeyValue
	// life is when the pair ends; nil for never.
	life *life
}

func newPairs() *btree.BTree[*pair] {
	return btree.New(degree, func(a, b *pair) bool { return a.Key < b.Key })
}

var (
	_ storage.Feeder    = (*Store)(nil)
	_ storage.Compactor = (*Store)(nil)
	_ storage.Sizer     = (*Store)(nil)
)

var errClosed = fmt.Errorf("store is closed: %w", storage.ErrUnavailable)

// New makes an empty Store.
func New(o Options) *Store {
	if o.BookmarkInterval == 0 {
		o.BookmarkInterval = DefaultBookmarkInterval
	}
	s := &Store{
		options: o,
		pairs:   newPairs(),
		// As in etcd, the first write is at revision 2.
		log: log{floor: 1},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if o.CompactInterval > 0 {
		s.rounds = time.AfterFunc(o.CompactInterval, s.compactRound)
	}
	return s
}

// Close implements storage.Store: it ends all watches. What was stored is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if s.rounds != nil {
			s.rounds.Stop()
		}
		s.lives.stop()
		s.pairs, s.log = newPairs(), log{floor: s.log.last()}
	}
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
	return nil
}

// Ready implements storage.Store. A store whose quota is used up is not ready, like an etcd that raised its alarm.
func (s *Store) Ready(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.full() {
		return storage.ErrNoSpace
	}
	return nil
}

// usable is why a call cannot be carried out. The caller holds the lock.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return errClosed
	}
	return ctx.Err()
}

// begin starts a goroutine that Close waits for.
func (s *Store) begin(run func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.running.Go(run)
	return nil
}
