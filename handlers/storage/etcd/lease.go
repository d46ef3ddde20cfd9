package etcd

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// Objects written close together share a lease: events come in floods, and a lease costs etcd a write of its own.
	// The window is upstream's: 5 % of the time to live and at most what its flag says, at most 1000 objects.
	leasePercent = 5
	leaseObjects = 1000
)

// leases hands out the lease for a time to live. One is remembered, because nearly all callers ask for the same time. Make it
// with newLeases.
type leases struct {
	grant func(ctx context.Context, seconds int64) (clientv3.LeaseID, error)
	// full hears how many objects a lease was given to, once there is another; may be nil.
	full func(objects int)
	// reuse is the longest window.
	reuse time.Duration

	// turn holds the token of the one goroutine that uses the rest. A lock would not respect the contexts of waiters.
	turn    chan struct{}
	id      clientv3.LeaseID
	expires time.Time
	used    int
}

func newLeases(reuse time.Duration, grant func(context.Context, int64) (clientv3.LeaseID, error), full func(int)) *leases {
	return &leases{grant: grant, full: full, reuse: reuse, turn: make(chan struct{}, 1)}
}

// take waits for the turn; its holder gives it back by done.
func (l *leases) take(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *leases) done() { <-l.turn }

func (s *Store) grant(ctx context.Context, seconds int64) (clientv3.LeaseID, error) {
	resp, err := s.client.Grant(ctx, seconds)
	if err != nil {
		return clientv3.NoLease, err
	}
	return resp.ID, nil
}

// get returns a lease that lives at least ttl from now and no longer than the window beyond it. It has its turn while a lease
// is granted: requests meanwhile want that very lease.
func (l *leases) get(ctx context.Context, ttl time.Duration, now time.Time) (clientv3.LeaseID, error) {
	// etcd counts whole seconds; a started one is given in full.
	ttl = (ttl + time.Second - 1).Truncate(time.Second)
	longest := ttl + min(ttl*leasePercent/100, l.reuse).Truncate(time.Second)
	if err := l.take(ctx); err != nil {
		return clientv3.NoLease, err
	}
	defer l.done()
	left := l.expires.Sub(now)
	if l.id != clientv3.NoLease && left >= ttl && left <= longest && l.used < leaseObjects {
		l.used++
		return l.id, nil
	}
	id, err := l.grant(ctx, int64(longest/time.Second))
	if err != nil {
		return clientv3.NoLease, err
	}
	if l.full != nil && l.used > 0 {
		l.full(l.used)
	}
	l.id, l.expires, l.used = id, now.Add(longest), 1
	return id, nil
}

// forget drops a lease that etcd does not know any more (revoked by hand, or its clock ran ahead of ours), unless ctx ends
// before its turn: then the next user of the lease does.
func (l *leases) forget(ctx context.Context, id clientv3.LeaseID) {
	if l.take(ctx) != nil {
		return
	}
	defer l.done()
	if l.id == id {
		l.id = clientv3.NoLease
	}
}

// leased runs write with the option that ties the key to a lease for ttl, or with none. A vanished lease is replaced
// once; etcd refused that write, so repeating it is safe.
func (s *Store) leased(ctx context.Context, ttl time.Duration, write func([]clientv3.OpOption) (*clientv3.TxnResponse, error)) (*clientv3.TxnResponse, error) {
	if ttl <= 0 {
		return write(nil)
	}
	for again := true; ; again = false {
		id, err := s.leases.get(ctx, ttl, time.Now())
		if err != nil {
			return nil, err
		}
		resp, err := write([]clientv3.OpOption{clientv3.WithLease(id)})
		if err == nil || !again || !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return resp, err
		}
		s.leases.forget(ctx, id)
	}
}
