package handlers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/repair"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
)

// Follower is a part of the server that keeps up with the store: it is ready once it has read what is there, and follows
// until its context ends.
type Follower interface {
	Run(ctx context.Context)
	Wait(ctx context.Context) error
}

// followers are what runs beside the requests, from Start to Close.
type followers struct {
	roles      *rbac.Authorizer
	aggregator *rbac.Aggregator
	others     []Follower
	manager    *controllers.Manager

	// ready is closed when all are.
	ready     chan struct{}
	readyOnce sync.Once

	running sync.WaitGroup
	mu      sync.Mutex
	stop    context.CancelFunc
}

func newFollowers(s *Server) (*followers, error) {
	f := &followers{ready: make(chan struct{}), roles: s.options.Roles, aggregator: rbac.NewAggregator(s.writer.Own(), s.options.Log), others: s.options.Followers}
	f.roles.Observe(f.aggregator.Observe)
	on, err := controllers.Enabled(s.options.Controllers)
	if err != nil {
		return nil, err
	}
	furnisher, err := controllers.NewNamespaces(s.options.Store, s.writer.Own(), s.options.RootCA, on, s.options.Log)
	if err != nil {
		return nil, err
	}
	published := &controllers.Published{Objects: s.objects, Writer: s.writer.Own(), Log: s.options.Log, Maps: []controllers.ConfigMap{controllers.TokenTracking(time.Now)}}
	if s.options.Authentication != nil {
		published.Maps = append(published.Maps, controllers.AuthenticationInfo(s.options.Authentication))
	}
	f.manager = controllers.NewManager(controllers.Settings{
		Store: s.options.Store, Objects: s.objects, Writer: s.writer.Own(), Enabled: on, After: f.ready, Grace: s.options.NamespaceGrace, Log: s.options.Log,
		Quotas: quota.NewRegistry(s.options.Features.Enabled, s.objects), Charger: s.charger, Shared: s.options.SharedStore,
	})
	f.others = append(slices.Clone(f.others), furnisher, published, s.definitions, newAggregator(s), f.manager)
	if s.options.Advertised != nil {
		f.others = append(f.others, &presence.Presence{
			Advertised: *s.options.Advertised, Store: s.options.Store, Objects: s.objects, Writer: s.writer.Own(), CIDRs: s.options.ServiceCIDRs,
			SyncCIDR: s.cidr.Sync, After: f.ready, Leaving: s.leaving, Now: time.Now, Log: s.options.Log,
		}, s.repair(time.Now, f.ready))
	}
	return f, nil
}

// begin lets them follow.
func (f *followers) begin(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.mu.Lock()
	f.stop = stop
	f.mu.Unlock()
	for _, x := range f.all() {
		f.running.Go(func() { x.Run(running) })
	}
	f.running.Go(func() { f.aggregator.Run(running) })
}

// wait returns when every follower is ready.
func (f *followers) wait(ctx context.Context) error {
	for _, x := range f.all() {
		if err := x.Wait(ctx); err != nil {
			return fmt.Errorf("reading what authorization needs: %w", err)
		}
	}
	f.readyOnce.Do(func() { close(f.ready) })
	return nil
}

func (f *followers) all() []Follower { return append([]Follower{f.roles}, f.others...) }

// end stops the followers and waits for them: none may use the store after the server is closed.
func (f *followers) end() {
	f.mu.Lock()
	stop := f.stop
	f.mu.Unlock()
	if stop != nil {
		stop()
	}
	f.running.Wait()
}

// queues are the numbers of the controllers' work queues.
func (s *Server) queues() []queue.Stats { return s.followers.manager.Stats() }

// repair compares services with what they were given.
func (s *Server) repair(now func() time.Time, after <-chan struct{}) *repair.Repair {
	return &repair.Repair{Objects: s.objects, Writer: s.writer.Own(), Ports: allocate.NewPorts(&s.deps), After: after, Now: now, Log: s.options.Log}
}
