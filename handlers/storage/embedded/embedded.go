// Package embedded runs etcd inside this process, for a server that needs no second one.
//
// It is a complete etcd with one member: the same files, the same durability (every acknowledged write was fsynced into
// the write-ahead log), readable by etcd's own tools. Only what costs time or is of no use alone is left out: there are
// no listeners, requests are function calls, and the member elects itself at once instead of waiting for a timeout.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	etcdconfig "go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/etcdserver/cindex"
	etcderrors "go.etcd.io/etcd/server/v3/etcdserver/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/zaplog"
)

// Options says where and how the store is kept.
type Options struct {
	// DataDir is the directory that holds everything; it is made, for its owner alone, when it is missing.
	DataDir string
	// UnsafeNoFsync trades the promise that acknowledged writes survive a power cut for speed. For tests.
	UnsafeNoFsync bool
	// Listen is an address at which etcd's own tools may look in: unix:///path or unix:path (for this user alone), or a
	// loopback host:port (for everybody on this machine). There is no authentication. Empty means none.
	Listen string
	// QuotaBytes is how large the database may grow; 0 means 8 GiB.
	QuotaBytes int64
	// Store is how the store on top of it behaves.
	Store etcd.Options
}

// Store is an etcd.Store that brings its server. Close stops both.
type Store struct {
	*etcd.Store
	server   *etcdserver.EtcdServer
	listener *listener
	lock     *lock
	close    sync.Once
	fatal    *fatalities
	log      *slog.Logger
	// bookmarks is how often watchers hear that they are up to date.
	bookmarks time.Duration
	// wasRead has something when much of the database was read that will not be read again soon.
	wasRead chan struct{}
	// closing is closed before anything is taken down. What uses the server itself lets go of it then, and is counted by
	// running: the database must not be closed under it. mu orders the start of such a user against the closing.
	closing chan struct{}
	running sync.WaitGroup
	mu      sync.Mutex
}

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Compactor = (*Store)(nil)
)

// Open starts the server on its data directory and returns when the store can be read and written. A directory that
// another server uses is refused at once; one that cannot be read is an error, never a panic or an exit.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.DataDir == "" {
		return nil, errors.New("embedded etcd: no data directory is given")
	}
	if o.Store.Logger == nil {
		o.Store.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Store.BookmarkInterval == 0 {
		o.Store.BookmarkInterval = etcd.DefaultBookmarkInterval
	}
	held, err := acquire(o.DataDir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		lock: held, log: o.Store.Logger.With("component", "embedded etcd"), bookmarks: o.Store.BookmarkInterval,
		wasRead: make(chan struct{}, 1), closing: make(chan struct{}), fatal: newFatalities(o.Store.Logger),
	}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded etcd in %s: %w", o.DataDir, err), s.shutdown())
	}
	o.Store.Local = true
	s.Store = etcd.New(v3client.New(s.server), o.Store)
	s.running.Go(func() { s.keepUnloaded(o.DataDir) })
	return s, nil
}

// quiet is what etcd calls an error on every first start: the database has no term noted yet when the version of its
// layout is to be raised. It tries again by itself, and the version matters only to a downgrade of etcd.
var quiet = []string{"failed to update storage version"}

func (s *Store) start(ctx context.Context, o Options) error {
	cfg, err := config(o, zaplog.New(zaplog.Options{
		Logger: o.Store.Logger, Component: "embedded etcd", Ignore: quiet, OnFatal: s.fatal.stop, OnPanic: s.fatal.panicked,
	}))
	if err != nil {
		return err
	}
	if err := s.bringUp(ctx, cfg, s.fatal); err != nil {
		return err
	}
	if o.Listen != "" {
		if s.listener, err = listen(s.server, o.Listen); err != nil {
			return err
		}
	}
	return nil
}

// bringUp makes the server and has it elected. A directory with a long log, which another server has left, is opened
// twice: at the first time etcd takes the log into the database and notes that, and the second server has none of it in
// memory. Otherwise the objects would lie there once more until the next start, and the garbage of reading them between.
func (s *Store) bringUp(ctx context.Context, cfg etcdconfig.ServerConfig, fatal *fatalities) error {
	starting.Lock()
	defer starting.Unlock()
	if err := checkDatabase(filepath.Join(cfg.DataDir, "member", "snap", "db")); err != nil {
		return err
	}
	replayed, err := s.boot(ctx, cfg, fatal)
	if err != nil || replayed <= longLog {
		return err
	}
	s.server.Stop()
	s.server = nil
	fatal.serving.Store(false)
	_, err = s.boot(ctx, cfg, fatal)
	return err
}

// boot makes one server and returns when it serves. replayed is how many entries of the log it had to apply first.
func (s *Store) boot(ctx context.Context, cfg etcdconfig.ServerConfig, fatal *fatalities) (replayed uint64, err error) {
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return 0, err
	}
	if before, is := unfit.Load(dir); is {
		return 0, fmt.Errorf("it cannot be opened again by this process, after %w", before.(error))
	}
	server, aborted, err := fatal.guard(func() (*etcdserver.EtcdServer, error) { return etcdserver.NewServer(cfg) })
	if aborted {
		unfit.Store(dir, err)
	}
	if err != nil {
		return 0, err
	}
	fatal.serving.Store(true)
	replayed = trimLog(server)
	has := cindex.NewConsistentIndex(server.Backend()).ConsistentIndex()
	server.Start()
	s.server = server
	if err := elect(ctx, server); err != nil {
		return replayed, err
	}
	if err := settle(ctx, server); err != nil {
		return replayed, err
	}
	if err := firstRead(ctx, server); err != nil {
		return replayed, err
	}
	// Entries of the log up to what the database has are taken for applied: with a log that ends before, or begins anew, every
	// write would be passed over.
	if end := server.AppliedIndex(); end < has {
		return replayed, fmt.Errorf("the log in member/wal ends at entry %d and the database has %d: a part of the log is lost; restore the directory from a backup, or make a new one of the database with etcdutl snapshot restore --skip-hash-check", end, has)
	}
	return replayed, nil
}

// firstRead returns when all of the log is applied; on a slow disk the member may be elected by a timeout while it still
// replays. A read that waits while it becomes leader is told so and nothing else; the next one is served.
func firstRead(ctx context.Context, server *etcdserver.EtcdServer) error {
	for {
		err := server.LinearizableReadNotify(ctx)
		if err == nil {
			return nil
		}
		if !errors.Is(err, etcderrors.ErrLeaderChanged) {
			return fmt.Errorf("first read: %w", err)
		}
	}
}

// trimLog has a server that was not started yet keep as little of the log in memory as is safe: whole objects lie there.
// There are no followers to need them, but until it is elected raft may campaign by itself, looks for what it has not yet
// noted as applied, and panics when that is gone. At most one batch is between what the server has applied and what raft
// has noted, which is no more than there is to replay, and no more than a megabyte.
func trimLog(server *etcdserver.EtcdServer) (replay uint64) {
	status, ok := raftStatus()
	if !ok {
		return 0
	}
	if commit := status.GetCommit(); commit > status.Applied {
		replay = commit - status.Applied
	}
	server.Cfg.SnapshotCatchUpEntries = min(max(replay, fewestEntries), mostEntries)
	return replay
}

// Failed has the reason when etcd cannot go on, because its log cannot be written for example. Nothing is acknowledged from then
// on, and all that is left is to close the store.
func (s *Store) Failed() <-chan error { return s.fatal.failed }

// Close implements storage.Store. What was acknowledged is in the log already; closing also brings it into the database,
// so that the next start has nothing to replay.
func (s *Store) Close() error {
	var err error
	s.close.Do(func() { err = s.fatal.bounded(s.closeAll) })
	return err
}

func (s *Store) closeAll() error {
	s.mu.Lock()
	close(s.closing)
	s.mu.Unlock()
	s.running.Wait()
	// The other way round, calls under way would meet a server whose database is closed.
	return errors.Join(s.Store.Close(), s.shutdown())
}

// shutdown takes down what start brought up, as far as it came.
func (s *Store) shutdown() error {
	if s.listener != nil {
		s.listener.close()
	}
	if s.server != nil {
		s.server.Stop()
	}
	return s.lock.release()
}
