package controllers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/emptying"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/garbage"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/protection"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/usage"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// steps is how many objects the controllers of a server work on or delete in a second, all together. A step takes a tenth or
// a fifth of a millisecond, so requests keep most of the CPU, and upstream's controllers do far less.
const steps = 1000

// Manager runs the controllers that make the server whole where no controller-manager does: what is deleted goes with what
// belongs to it, and not before those who use it. Make one with NewManager.
type Manager struct {
	after    <-chan struct{}
	follower *changes.Follower
	queues   []*queue.Queue
}

// Settings of a Manager.
type Settings struct {
	Store   *cache.Cache
	Objects *resource.Objects
	Writer  resource.Writer
	// Enabled says which controllers run.
	Enabled func(name string) bool
	// After is closed when they may begin: what makes the server ready comes first. Nil does not keep them.
	After <-chan struct{}
	// Grace is how long a deleted namespace is left alone; emptying.DefaultGrace but for tests.
	Grace time.Duration
	// Quotas measures what quotas limit; Charger knows what is charged for writes under way. Shared: other servers write to the
	// store, too.
	Quotas  *quota.Registry
	Charger *resourcequota.Charger
	Shared  bool
	Log     *slog.Logger
}

// controller is one of them: it hears of changes, and its queues are run.
type controller interface {
	changes.Handler
	Queues() []*queue.Queue
}

// NewManager makes the controllers that are enabled.
func NewManager(s Settings) *Manager {
	m, pace := &Manager{after: s.After}, queue.NewPace(steps)
	var handlers []changes.Handler
	for _, c := range []struct {
		name string
		make func() controller
	}{
		{NamespaceDeletion, func() controller {
			return emptying.New(s.Store, s.Objects, s.Writer, s.Grace, pace, s.Log)
		}},
		{GarbageCollector, func() controller { return garbage.New(s.Store, s.Objects.Registry, s.Writer, pace, s.Log) }},
		{ClaimProtection, func() controller { return protection.NewClaims(s.Objects, s.Writer, pace, s.Log) }},
		{VolumeProtection, func() controller { return protection.NewVolumes(s.Objects, s.Writer, pace, s.Log) }},
		{QuotaUsage, func() controller {
			return usage.New(usage.Settings{Store: s.Store, Registry: s.Objects.Registry, Writer: s.Writer, Evaluators: s.Quotas, Charger: s.Charger,
				Shared: s.Shared, Pace: pace, Now: time.Now, Log: s.Log})
		}},
		{ClassProtection, func() controller { return protection.NewClasses(s.Objects, s.Writer, pace, s.Log) }},
	} {
		if s.Enabled(c.name) {
			made := c.make()
			handlers = append(handlers, made)
			m.queues = append(m.queues, made.Queues()...)
		}
	}
	if len(handlers) > 0 {
		m.follower = changes.New(s.Store, s.Log, handlers...)
	}
	return m
}

// Run controls until ctx ends. It must run once.
func (m *Manager) Run(ctx context.Context) {
	if m.follower == nil {
		return
	}
	if m.after != nil {
		select {
		case <-ctx.Done():
			return
		case <-m.after:
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	for _, q := range m.queues {
		running.Go(func() { q.Run(ctx) })
	}
	m.follower.Run(ctx)
}

// Wait returns at once: nobody needs to wait for this.
func (m *Manager) Wait(context.Context) error { return nil }

// Stats are the numbers of the work queues.
func (m *Manager) Stats() []queue.Stats {
	out := make([]queue.Stats, len(m.queues))
	for i, q := range m.queues {
		out[i] = q.Stats()
	}
	return out
}
