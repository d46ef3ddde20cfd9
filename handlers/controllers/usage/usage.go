// Package usage is the resource quota controller: it counts what namespaces use of what their quotas limit, when a quota is new or
// changed, when something goes, and now and then. Admission only adds to the usage; this takes away what is not used any more, and
// never what a write that is under way was charged for.
package usage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

const (
	// workers is how many quotas are counted at once; upstream's number.
	workers = 5
	// resync is how often each quota is counted, whatever happens; upstream's time.
	resync = 5 * time.Minute
	// settle is how long is waited for more to go before a quota is counted.
	settle = 100 * time.Millisecond
	// behind is how long is waited for news of a quota that the store has already.
	behind = 20 * time.Millisecond
	// manager owns the fields that the controller writes, as upstream's does.
	manager = "kube-controller-manager"
)

var quotas = schema.GroupVersionResource{Version: "v1", Resource: "resourcequotas"}

// Settings of a Controller.
type Settings struct {
	Store    *cache.Cache
	Registry *resource.Registry
	Writer   resource.Writer
	// Evaluators measure objects.
	Evaluators *quota.Registry
	// Charger knows what this server has charged for writes that are under way.
	Charger *resourcequota.Charger
	// Shared says that other servers write to the same store.
	Shared bool
	Pace   *queue.Pace
	Now    func() time.Time
	Log    *slog.Logger
}

// Controller is a changes.Handler. Make one with New.
type Controller struct {
	Settings
	queue *queue.Queue
	keys  storage.Collection

	mu sync.Mutex
	// known are the quotas by namespace and key.
	known map[string]map[string]*known
	// due is when quotas are to be counted next, of those that somebody wants counted later.
	due map[string]time.Time
	// begun: the quotas are counted now and then.
	begun bool
}

// known is what was heard of a quota.
type known struct {
	revision int64
	spec     corev1.ResourceQuotaSpec
	used     quota.List
	// foreign are the charges of other servers, for as long as their writes may be under way.
	foreign []charge
	// counted are the versions that this controller has written, and when.
	counted map[string]time.Time
}

// charge is by how much a revision of a quota has raised the usage.
type charge struct {
	version string
	more    quota.List
	at      time.Time
}

// New counts what is in a store.
func New(s Settings) *Controller {
	c := &Controller{Settings: s, keys: resource.KeysOf("", "resourcequotas"), known: map[string]map[string]*known{}, due: map[string]time.Time{}}
	c.queue = queue.New("resourcequota_primary", workers, s.Pace, s.Log, c.sync)
	return c
}

// Queues are the work queues, which the caller runs.
func (c *Controller) Queues() []*queue.Queue { return []*queue.Queue{c.queue} }

// errChanged: the quota is not any more as it was when its namespace was counted.
var errChanged = errors.New("the quota has changed while it was counted")

// everything is the key by which all quotas are counted again.
const everything = "*"

// later has a quota counted after a while, unless it is counted before that anyway.
func (c *Controller) later(key string, after time.Duration) {
	at := c.Now().Add(after)
	c.mu.Lock()
	due, waits := c.due[key]
	if waits = waits && !due.After(at); !waits {
		c.due[key] = at
	}
	c.mu.Unlock()
	if !waits {
		c.queue.AddAfter(key, after)
	}
}

// sync counts what one quota limits. The order matters: first a window on the charges, then a state that is no older, then the
// change of exactly the quota of that state. So every charge in that quota whose object is not in the state is known.
func (c *Controller) sync(ctx context.Context, key string) (again time.Duration, err error) {
	if key == everything {
		c.all()
		return resync, nil
	}
	c.mu.Lock()
	delete(c.due, key)
	c.mu.Unlock()
	namespace, name := c.keys.Split(key)
	window := c.Charger.Watch(namespace, name)
	q, used, failure := c.count(ctx, key)
	charged, own := window.Close()
	if q == nil {
		return 0, failure
	}
	foreign, upToDate := c.foreign(namespace, key, q.ResourceVersion, own)
	if !upToDate {
		c.later(key, behind)
		return 0, failure
	}
	next, exact := settled(q, used, quota.Add(charged, foreign))
	switch err := c.store(ctx, key, q, next); {
	case errors.Is(err, errChanged):
		c.later(key, behind)
	case err != nil && !apierrors.IsNotFound(err):
		return 0, errors.Join(err, failure)
	case !exact && len(foreign) > 0:
		c.later(key, time.Second)
	case !exact:
		c.later(key, settle)
	}
	return 0, failure
}

// all has every quota counted.
func (c *Controller) all() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range c.known {
		for key := range list {
			c.queue.Add(key)
		}
	}
}

// count is a quota and what its namespace uses, both of one state; nil when it is gone. With an error the usage is what could be
// found out.
func (c *Controller) count(ctx context.Context, key string) (*corev1.ResourceQuota, quota.List, error) {
	view, err := c.Store.View(ctx)
	if err != nil {
		return nil, nil, err
	}
	e, r := view.Get(key), c.Registry.Get(quotas)
	if e == nil || r == nil {
		return nil, nil, nil
	}
	o, err := decode(ctx, r, e)
	if err != nil {
		return nil, nil, err
	}
	q, ok := o.(*corev1.ResourceQuota)
	if !ok {
		return nil, nil, nil
	}
	used, err := c.Evaluators.Usage(ctx, state{c.Registry, view}, q)
	return q, used, err
}

// settled is the usage that a quota is to have: what was counted, and what may still come of what was charged, but never more than
// it has for that reason. Of what could not be counted it is what it was. exact: nothing is there but what was counted.
func settled(q *corev1.ResourceQuota, counted, underway quota.List) (next quota.List, exact bool) {
	next, exact = quota.List{}, true
	for name := range q.Spec.Hard {
		was, had := q.Status.Used[name]
		is, found := counted[name]
		if !found {
			if had {
				next[name] = was
			}
			continue
		}
		is = is.DeepCopy()
		if more, some := underway[name]; some && more.Sign() > 0 && (!had || was.Cmp(is) > 0) {
			high := is.DeepCopy()
			if high.Add(more); had && was.Cmp(high) < 0 {
				high = was.DeepCopy()
			}
			is, exact = high, false
		}
		next[name] = is
	}
	return next, exact
}

// store writes the status, if it differs, of a quota that has not changed.
func (c *Controller) store(ctx context.Context, key string, q *corev1.ResourceQuota, used quota.List) error {
	if q.Status.Hard != nil && q.Status.Used != nil && object.Equal(&q.Spec.Hard, &q.Status.Hard) && quota.Equal(used, q.Status.Used) {
		return nil
	}
	stored, err := c.Writer.Update(ctx, resource.OwnWrite{Resource: quotas, Subresource: "status", Namespace: q.Namespace, Name: q.Name, Manager: manager}, func(o object.Object) error {
		live, ok := o.(*corev1.ResourceQuota)
		if !ok || live.ResourceVersion != q.ResourceVersion {
			return errChanged
		}
		live.Status.Hard, live.Status.Used = quota.Add(q.Spec.Hard, nil), used
		return nil
	})
	if err == nil && c.Shared {
		c.wrote(q.Namespace, key, stored.GetResourceVersion())
	}
	return err
}
