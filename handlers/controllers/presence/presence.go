// Package presence is by what a running server is known in its cluster: the service kubernetes with the addresses of all
// servers behind it, the ServiceCIDR kubernetes, and a lease for each server. What a server says of itself it takes back at
// its end; what a killed one has said vanishes.
package presence

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// The kinds of --endpoint-reconciler-type.
const (
	// Lease keeps a lease of each server in the store; the endpoints are the servers whose leases live.
	Lease = "lease"
	// MasterCount adds this server to the endpoints, which are as many as there are said to be servers.
	MasterCount = "master-count"
	// None leaves the endpoints to somebody else.
	None = "none"
)

// interval is how often everything is looked at; upstream's figure.
const interval = 10 * time.Second

// farewell is how long a server that ends tries to take back what it said.
const farewell = 2 * time.Second

// Advertised is what a server says of itself.
type Advertised struct {
	// IP and Port are where members of the cluster reach it.
	IP   string
	Port int
	// NodePort is one that the service kubernetes has on every node; 0 for none.
	NodePort int
	// Reconciler is one of the kinds above, Count the number of servers for MasterCount.
	Reconciler string
	Count      int
	// Hostname is what the identity is made of; the server has no lease of it when it is empty.
	Hostname string
}

// Presence keeps it up. Its fields are not changed after Run began.
type Presence struct {
	Advertised
	Store   storage.Store
	Objects *resource.Objects
	Writer  resource.Writer
	// CIDRs are the ranges of the addresses of services; the service kubernetes has the first of the first.
	CIDRs []string
	// SyncCIDR keeps the ServiceCIDR.
	SyncCIDR func(context.Context) error
	// After is closed when the server is ready, Leaving when it is about to end.
	After, Leaving <-chan struct{}
	Now            func() time.Time
	Log            *slog.Logger

	// told are the last faults, which are logged once until they change.
	told map[string]string
}

// Wait returns at once: nobody needs to wait for this.
func (p *Presence) Wait(context.Context) error { return nil }

// Run keeps it up until the server leaves or ctx ends, and takes back then what concerns this server alone.
func (p *Presence) Run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-p.Leaving:
		return
	case <-p.After:
	}
	p.told = map[string]string{}
	endpoints, me := p.reconciler(), newIdentity(p)
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		var both sync.WaitGroup
		both.Go(func() { me.leave(ctx) })
		if err := endpoints.leave(ctx); err != nil {
			p.Log.Warn("taking this server out of the service kubernetes", "error", err)
		}
		both.Wait()
	}()
	me.arrive(ctx)
	for tick := time.NewTicker(interval); ; {
		p.tell(ctx, "service", p.service(ctx))
		p.tell(ctx, "endpoints", endpoints.reconcile(ctx))
		p.tell(ctx, "identity", me.renew(ctx))
		p.tell(ctx, "ServiceCIDR", p.SyncCIDR(ctx))
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-p.Leaving:
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// tell logs a fault that was not the last one of its part.
func (p *Presence) tell(ctx context.Context, part string, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		text = err.Error()
	}
	if text != "" && p.told[part] != text {
		p.Log.Warn("telling the cluster of this server", "part", part, "error", err)
	}
	p.told[part] = text
}

// reconciler is that of the kind.
func (p *Presence) reconciler() reconciler {
	switch p.Reconciler {
	case Lease:
		return &leased{p}
	case MasterCount:
		return &counted{p}
	}
	return nobody{}
}

// reconciler keeps this server among the endpoints of the service kubernetes.
type reconciler interface {
	reconcile(ctx context.Context) error
	leave(ctx context.Context) error
}

// nobody leaves the endpoints alone.
type nobody struct{}

func (nobody) reconcile(context.Context) error { return nil }
func (nobody) leave(context.Context) error     { return nil }
