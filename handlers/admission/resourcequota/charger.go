package resourcequota

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	// chargeTimeout is how long charging one quota may take, upstream's bound for all of them.
	chargeTimeout = 10 * time.Second
	// storeWithin is how soon after it is charged a write must be stored: then nobody has to wait longer for what it was charged.
	storeWithin = 10 * time.Second
	// Hold is how long a charge may still belong to a write that is to be stored. It is longer than storeWithin by what a store
	// may take for a write that its client has given up.
	Hold = 40 * time.Second
)

// errReplaced: the quota that was found is not there any more, or it is another one by that name.
var errReplaced = errors.New("the quota was replaced while it was charged")

// Charger charges quotas and gives back. Requests that come together for one quota share a write of its status. It also knows what
// is charged for writes that are under way, which whoever recalculates a quota must not take away. Safe for concurrent use.
type Charger struct {
	writer resource.Writer
	now    func() time.Time

	mu       sync.Mutex
	accounts map[types.NamespacedName]*account
	// crowded is how many accounts there are when they are swept next.
	crowded int
}

// NewCharger charges by the server's own writes.
func NewCharger(writer resource.Writer, now func() time.Time) *Charger {
	return &Charger{writer: writer, now: now, accounts: map[types.NamespacedName]*account{}}
}

// account is one quota, as long as something happens to it. Charger.mu guards it.
type account struct {
	// waiting are changes that nobody writes yet. busy: somebody is writing.
	waiting []*change
	busy    bool
	// underway are what was charged, or is about to be, and not settled.
	underway map[*taken]struct{}
	// own are the revisions that charges have made, and when, for as long as somebody could ask.
	own []ownRevision
	// windows are the open ones.
	windows map[*Window]struct{}
}

type ownRevision struct {
	version string
	at      time.Time
}

// change is one change of the status that waits to be written. lead gets true when it was, false when its owner is to write.
type change struct {
	uid         types.UID
	more, given quota.List
	back        bool
	unlimited   bool
	lead        chan bool
	err         error
}

// taken is what a quota was charged for one attempt of a write.
type taken struct {
	charger *Charger
	name    types.NamespacedName
	uid     types.UID
	// more is what the write takes, given what of that the quota limits.
	more, given quota.List
	// since is when it began; the write must be stored before until.
	since, until time.Time
}

// take charges a quota. The error is an *exceeded when there is no room, and errReplaced when it is gone.
func (c *Charger) take(ctx context.Context, q *corev1.ResourceQuota, more quota.List, unlimited bool) (*taken, error) {
	t := &taken{charger: c, name: types.NamespacedName{Namespace: q.Namespace, Name: q.Name}, uid: q.UID, more: more, since: c.now()}
	t.until = t.since.Add(chargeTimeout + storeWithin)
	c.begin(t)
	x := &change{uid: t.uid, more: more, unlimited: unlimited}
	if err := c.write(ctx, t.name, x); err != nil {
		// An error that leaves open whether it was written leaves at worst a charge too many, which the next recalculation finds.
		t.keep()
		return nil, err
	}
	t.given = x.given
	return t, nil
}

// keep ends a charge whose write was stored.
func (t *taken) keep() { t.charger.end(t) }

// giveBack ends a charge whose write was not stored. It does not depend on the request, which may have been given up.
func (t *taken) giveBack() {
	defer t.charger.end(t)
	_ = t.charger.write(context.Background(), t.name, &change{uid: t.uid, more: t.given, back: true})
}

func (c *Charger) begin(t *taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(t.name)
	if a.underway == nil {
		a.underway = map[*taken]struct{}{}
	}
	a.underway[t] = struct{}{}
	for w := range a.windows {
		w.add(t)
	}
}

func (c *Charger) end(t *taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.accounts[t.name]; a != nil {
		delete(a.underway, t)
		c.drop(t.name, a)
	}
}

// account is that of a quota; the caller holds mu.
func (c *Charger) account(name types.NamespacedName) *account {
	a := c.accounts[name]
	if a == nil {
		if len(c.accounts) >= c.crowded {
			c.sweep()
		}
		a = &account{}
		c.accounts[name] = a
	}
	return a
}

// sweep drops accounts that nobody asks about any more, among them those of quotas that are gone; the caller holds mu.
func (c *Charger) sweep() {
	now := c.now()
	for name, a := range c.accounts {
		a.forget(now)
		c.drop(name, a)
	}
	c.crowded = 2*len(c.accounts) + 64
}

// drop forgets an account that nothing happens to; the caller holds mu.
func (c *Charger) drop(name types.NamespacedName, a *account) {
	if !a.busy && len(a.waiting) == 0 && len(a.underway) == 0 && len(a.windows) == 0 && len(a.own) == 0 {
		delete(c.accounts, name)
	}
}

// write has a change written, by itself or by somebody who is writing anyway, and returns what became of it. It does not end with
// ctx: what was charged must be known.
func (c *Charger) write(ctx context.Context, name types.NamespacedName, x *change) error {
	x.lead = make(chan bool, 1)
	c.mu.Lock()
	a := c.account(name)
	a.waiting = append(a.waiting, x)
	leads := !a.busy
	a.busy = true
	c.mu.Unlock()
	if !leads && <-x.lead {
		return x.err
	}
	c.mu.Lock()
	batch := a.waiting
	a.waiting = nil
	c.mu.Unlock()
	version := c.writeBatch(ctx, name, batch)
	c.mu.Lock()
	if version != "" {
		a.own = append(a.own, ownRevision{version, c.now()})
	}
	a.forget(c.now())
	if len(a.waiting) > 0 {
		a.waiting[0].lead <- false
	} else {
		a.busy = false
		c.drop(name, a)
	}
	c.mu.Unlock()
	for _, one := range batch {
		if one != x {
			one.lead <- true
		}
	}
	return x.err
}

// writeBatch writes changes in one step. Each is judged on what the ones before it have left.
func (c *Charger) writeBatch(ctx context.Context, name types.NamespacedName, batch []*change) (version string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), chargeTimeout)
	defer cancel()
	stored, err := c.writer.Update(ctx, resource.OwnWrite{Resource: quotas, Subresource: "status", Namespace: name.Namespace, Name: name.Name}, func(o object.Object) error {
		q, ok := o.(*corev1.ResourceQuota)
		if !ok {
			return fmt.Errorf("expected a ResourceQuota, got %T", o)
		}
		used, changed := q.Status.Used, false
		for _, x := range batch {
			var next quota.List
			if next, x.err = x.apply(q, used); x.err == nil {
				used, changed = next, true
			}
		}
		if !changed {
			return errNothing
		}
		q.Status.Used = used
		return nil
	})
	switch {
	case err == nil:
		return stored.GetResourceVersion()
	case errors.Is(err, errNothing):
		return ""
	case apierrors.IsNotFound(err):
		err = errReplaced
	case ctx.Err() != nil:
		err = apierrors.NewInternalError(errors.New("resource quota evaluation timed out"))
	}
	for _, x := range batch {
		if x.err == nil {
			x.err = err
		}
	}
	return ""
}

// errNothing ends a write of which every change was refused.
var errNothing = errors.New("no change has room")

// apply is what a quota is used after the change.
func (x *change) apply(q *corev1.ResourceQuota, used quota.List) (quota.List, error) {
	switch {
	case x.uid != q.UID:
		return nil, errReplaced
	case x.back:
		return quota.Less(used, x.more), nil
	}
	x.given = quota.Mask(x.more, q.Status.Hard)
	return room(q, used, x.given, x.unlimited)
}
