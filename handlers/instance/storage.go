package instance

import (
	"context"
	"log/slog"
	"path"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// Storage says where objects are kept, and how.
type Storage struct {
	// Backend is Embedded, External or Memory.
	Backend Backend
	// Prefix begins all keys, with or without its slashes.
	Prefix string
	// CompactInterval is how often old revisions are thrown away; 0 leaves that to others.
	CompactInterval time.Duration
	// HealthTimeout and ReadyTimeout are how long /livez and /readyz wait for the store.
	HealthTimeout, ReadyTimeout time.Duration
	// LeaseReuse is for how long objects that vanish by themselves are given the same lease.
	LeaseReuse time.Duration
}

// Backend is a kind of store.
type Backend interface {
	open(ctx context.Context, o etcd.Options) (storage.Feeder, error)
}

// shared says that other servers may write to the store, too.
func (s *Storage) shared() bool {
	_, outside := s.Backend.(External)
	inside, _ := s.Backend.(Embedded)
	return outside || inside.Listen != ""
}

// Embedded is an etcd inside the process.
type Embedded struct {
	// Dir is its folder, made when it is missing. No other server may use it.
	Dir string
	// UnsafeNoFsync leaves writing to the operating system: faster, and a power cut loses data.
	UnsafeNoFsync bool
	// Listen is an address at which etcd's own tools may look in, host:port or unix:path; empty for none.
	Listen string
}

// External is an etcd that runs by itself. It may not answer yet.
type External struct{ etcd.Target }

// Memory keeps everything in this process, and forgets it with the server.
type Memory struct{}

func (e Embedded) open(ctx context.Context, o etcd.Options) (storage.Feeder, error) {
	store, err := embedded.Open(ctx, embedded.Options{DataDir: e.Dir, UnsafeNoFsync: e.UnsafeNoFsync, Listen: e.Listen, Store: o})
	if err != nil {
		return nil, err
	}
	return store, nil
}

func (e External) open(_ context.Context, o etcd.Options) (storage.Feeder, error) {
	store, err := etcd.Dial(e.Target, o)
	if err != nil {
		return nil, err
	}
	return store, nil
}

func (Memory) open(_ context.Context, o etcd.Options) (storage.Feeder, error) {
	return memory.New(memory.Options{CompactInterval: o.CompactInterval}), nil
}

func (s *Storage) validate(fault func(string, ...any)) {
	if s.Backend == nil {
		fault("a server needs a store")
	}
	if s.HealthTimeout < 0 || s.ReadyTimeout < 0 {
		fault("--etcd-healthcheck-timeout and --etcd-readycheck-timeout must not be negative")
	}
	if s.LeaseReuse < 0 {
		fault("--lease-reuse-duration-seconds must not be negative")
	}
}

// root is the prefix as upstream reads it: with or without its slashes.
func (s *Storage) root() string { return path.Join("/", s.Prefix) }

// store is the cache in front of the backend. failed tells when the backend cannot go on; it is nil when that never happens.
type store struct {
	*cache.Cache
	indexer codec.Indexer
	failed  <-chan error
}

// openStore puts the cache in front of the store. It loads while the rest of the server comes up.
func (s *Storage) openStore(ctx context.Context, numbers *metrics.Metrics, log *slog.Logger) (*store, error) {
	backend, err := s.Backend.open(ctx, etcd.Options{
		Prefix: s.root(), CompactInterval: s.CompactInterval, Logger: log, Leased: numbers.Leased, LeaseReuse: s.LeaseReuse,
	})
	if err != nil {
		return nil, err
	}
	out := &store{}
	out.Cache = cache.New(numbers.Store(backend), cache.Options{Attributes: out.indexer.Attributes, Owners: codec.Owners, Handed: numbers.Handed, Logger: log})
	if mortal, ok := backend.(interface{ Failed() <-chan error }); ok {
		out.failed = mortal.Failed()
	}
	return out, nil
}
