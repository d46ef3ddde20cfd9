package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// store counts what etcd is asked and what it tells.
type store struct {
	count    *prometheus.CounterVec
	faults   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	events   *prometheus.CounterVec
	received *prometheus.CounterVec
	handed   *prometheus.CounterVec
	progress prometheus.Counter
	leases   prometheus.Histogram
	lists    lists
}

func newStore() store {
	of := []string{"group", "resource"}
	operation := append([]string{"operation"}, of...)
	return store{
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "etcd_requests_total", Help: "Requests to etcd.",
		}, operation),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "etcd_request_errors_total", Help: "Requests to etcd that failed.",
		}, operation),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "etcd_request_duration_seconds", Help: "How long requests to etcd took.", Buckets: requestSeconds,
		}, operation),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "apiserver_storage_events_received_total", Help: "Changes that etcd told of.",
		}, of),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "apiserver_watch_cache_events_received_total", Help: "Changes that the cache was told of.",
		}, of),
		handed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "apiserver_watch_cache_events_dispatched_total", Help: "Changes that the cache handed to the watches that they concern.",
		}, of),
		progress: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehouse_store_progress_total", Help: "How often etcd told how far it is without a change; one feed serves all resources.",
		}),
		leases: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "etcd_lease_object_counts", Help: "How many objects a lease was given to before the next one.",
			Buckets: []float64{10, 50, 100, 500, 1000, 2500, 5000},
		}),
		lists: newLists(of),
	}
}

func (s *store) collectors() []prometheus.Collector {
	own := []prometheus.Collector{s.count, s.faults, s.seconds, s.events, s.received, s.handed, s.progress, s.leases}
	return append(own, s.lists.collectors()...)
}

// done counts a request that has ended. What the store answers (no such key, one already) is an answer and no failure, and
// neither is that the caller refused to go on.
func (s *store) done(operation, key string, begin time.Time, err error) {
	of, known := resourceOf(key)
	if !known {
		return
	}
	s.count.WithLabelValues(operation, of.Group, of.Resource).Inc()
	s.seconds.WithLabelValues(operation, of.Group, of.Resource).Observe(time.Since(begin).Seconds())
	if errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrNoSpace) || errors.Is(err, storage.ErrTooLarge) {
		s.faults.WithLabelValues(operation, of.Group, of.Resource).Inc()
	}
}

// measured is a Feeder whose requests are counted. Asking for the revision is not: every read does, and in the embedded
// store it is a look at a number.
type measured struct {
	storage.Feeder
	store *store
}

// Store counts what a store is asked, and the changes that it feeds. It owns the store as its caller did.
func (m *Metrics) Store(of storage.Feeder) storage.Feeder { return &measured{of, &m.store} }

// Get implements storage.Store.
func (s *measured) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	begin := time.Now()
	kv, revision, err := s.Feeder.Get(ctx, key)
	s.store.done("get", key, begin, err)
	return kv, revision, err
}

// List implements storage.Store.
func (s *measured) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	begin := time.Now()
	result, err := s.Feeder.List(ctx, prefix, o)
	s.store.done("list", prefix, begin, err)
	if err == nil {
		s.store.lists.count(prefix, o.From, result.Items)
	}
	return result, err
}

// Load implements storage.Feeder.
func (s *measured) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	from := ""
	return s.Feeder.Load(ctx, func(some []storage.KeyValue) error {
		s.store.lists.count("", from, some)
		if len(some) > 0 {
			from = some[len(some)-1].Key
		}
		return take(some)
	})
}

// Create implements storage.Store.
func (s *measured) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	begin := time.Now()
	revision, err := s.Feeder.Create(ctx, key, value, ttl)
	s.store.done("create", key, begin, err)
	return revision, err
}

// Swap implements storage.Store. As in upstream, a deletion has its own name, and unchanged bytes are only read.
func (s *measured) Swap(ctx context.Context, seen storage.KeyValue, next []byte, ttl time.Duration) (storage.KeyValue, bool, error) {
	operation := "update"
	switch {
	case next == nil:
		operation = "delete"
	case bytes.Equal(next, seen.Value):
		operation = "get"
	}
	begin := time.Now()
	kv, swapped, err := s.Feeder.Swap(ctx, seen, next, ttl)
	s.store.done(operation, seen.Key, begin, err)
	return kv, swapped, err
}

// Feed implements storage.Feeder.
func (s *measured) Feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	return s.Feeder.Feed(ctx, from, func(changes []storage.Event, through int64) error {
		if len(changes) == 0 {
			s.store.progress.Inc()
		}
		tell(s.store.events, changes)
		tell(s.store.received, changes)
		return apply(changes, through)
	})
}

func tell(to *prometheus.CounterVec, changes []storage.Event) {
	for i := range changes {
		tellKey(to, changes[i].Key)
	}
}

func tellKey(to *prometheus.CounterVec, key string) {
	if of, known := resourceOf(key); known {
		to.WithLabelValues(of.Group, of.Resource).Inc()
	}
}

// Handed counts a change of a key that the cache has dispatched to its followers.
func (m *Metrics) Handed(key string) { tellKey(m.store.handed, key) }

// Leased counts to how many objects a lease was given, once there is another.
func (m *Metrics) Leased(objects int) { m.store.leases.Observe(float64(objects)) }

// Compact implements storage.Compactor.
func (s *measured) Compact(ctx context.Context, revision int64) error {
	inner, ok := s.Feeder.(storage.Compactor)
	if !ok {
		return fmt.Errorf("%T cannot be compacted: %w", s.Feeder, errors.ErrUnsupported)
	}
	return inner.Compact(ctx, revision)
}

// Size implements storage.Sizer.
func (s *measured) Size(ctx context.Context) (int64, error) {
	inner, ok := s.Feeder.(storage.Sizer)
	if !ok {
		return 0, fmt.Errorf("%T does not tell its size: %w", s.Feeder, errors.ErrUnsupported)
	}
	return inner.Size(ctx)
}
