package usage

import (
	"context"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission/resourcequota"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/quota"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Restart implements changes.Handler.
func (c *Controller) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
}

// Listed implements changes.Handler.
func (c *Controller) Listed() {
	c.mu.Lock()
	begun := c.begun
	c.begun = true
	c.mu.Unlock()
	if !begun {
		c.queue.AddAfter(everything, resync)
	}
}

// Change implements changes.Handler.
func (c *Controller) Change(change *changes.Change) {
	old, now := change.Entries()
	if strings.HasPrefix(change.Key, c.keys.Prefix()) {
		c.quota(change.Key, now)
		if !change.Deleted() || change.Listed() {
			return
		}
	}
	if change.Listed() || old == nil || !c.any() {
		return // what comes is charged
	}
	r := c.Registry.OfKey(change.Key)
	if r == nil || !r.Namespaced {
		return
	}
	namespace, _ := r.SplitKey(change.Key)
	for _, key := range c.tracking(namespace, r.GroupResource()) {
		if now == nil || c.uses(r.GroupResource(), old, now) {
			c.later(key, settle)
		}
	}
}

// any says whether there are quotas.
func (c *Controller) any() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.known) > 0
}

// quota notes a quota, and has one counted whose status does not show what it limits.
func (c *Controller) quota(key string, e *cache.Entry) {
	namespace, _ := c.keys.Split(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if e == nil {
		delete(c.known[namespace], key)
		delete(c.due, key)
		if len(c.known[namespace]) == 0 {
			delete(c.known, namespace)
		}
		return
	}
	r := c.Registry.Get(quotas)
	if r == nil {
		return
	}
	o, err := decode(context.Background(), r, e)
	q, ok := o.(*corev1.ResourceQuota)
	if err != nil || !ok {
		c.Log.Warn("a quota cannot be read", "key", key, "error", err)
		return
	}
	if c.known[namespace] == nil {
		c.known[namespace] = map[string]*known{}
	}
	k := c.known[namespace][key]
	first := k == nil
	if first {
		k = &known{}
		c.known[namespace][key] = k
	}
	if more := quota.Increase(q.Status.Used, k.used); c.Shared && len(more) > 0 {
		k.foreign = append(c.recent(k.foreign), charge{q.ResourceVersion, more, c.Now()})
	}
	k.revision, k.spec, k.used = e.Revision, q.Spec, q.Status.Used
	if first || !object.Equal(&q.Spec.Hard, &q.Status.Hard) {
		c.queue.Add(key)
	}
}

// recent are the charges whose writes may be under way.
func (c *Controller) recent(list []charge) []charge {
	oldest, n := c.Now().Add(-resourcequota.Hold), 0
	for n < len(list) && list[n].at.Before(oldest) {
		n++
	}
	return list[n:]
}

// foreign is what other servers have charged a quota for writes that may be under way; false when the news of the quota have not
// come up to a version of it yet.
func (c *Controller) foreign(namespace, key, version string, own func(version string) bool) (sum quota.List, upToDate bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[namespace][key]
	if k == nil || strconv.FormatInt(k.revision, 10) != version {
		return nil, false
	}
	sum = quota.List{}
	k.foreign = c.recent(k.foreign)
	for _, f := range k.foreign {
		if _, mine := k.counted[f.version]; !mine && !own(f.version) {
			sum = quota.Add(sum, f.more)
		}
	}
	return sum, true
}

// wrote notes a version that this controller has written: it is nobody's charge.
func (c *Controller) wrote(namespace, key, version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[namespace][key]
	if k == nil {
		return
	}
	now := c.Now()
	for version, at := range k.counted {
		if now.Sub(at) > 2*resourcequota.Hold {
			delete(k.counted, version)
		}
	}
	if k.counted == nil {
		k.counted = map[string]time.Time{}
	}
	k.counted[version] = now
}

// tracking are the quotas of a namespace that limit something of a resource.
func (c *Controller) tracking(namespace string, gr schema.GroupResource) (keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.known[namespace]
	if len(list) == 0 || quota.Ignored(gr) {
		return nil
	}
	e := c.Evaluators.Get(gr)
	for key, k := range list {
		for name := range k.spec.Hard {
			if e.Tracks(context.Background(), name) {
				keys = append(keys, key)
				break
			}
		}
	}
	return keys
}

// uses says whether an object uses something else than before, or falls under other scopes.
func (c *Controller) uses(gr schema.GroupResource, old, now *cache.Entry) bool {
	if quota.Counts(c.Evaluators.Get(gr)) {
		return false
	}
	r := state{registry: c.Registry}.of(gr)
	if r == nil {
		return false
	}
	ctx := context.Background()
	before, errBefore := decode(ctx, r, old)
	after, errAfter := decode(ctx, r, now)
	if errBefore != nil || errAfter != nil {
		return true
	}
	e := c.Evaluators.Get(gr)
	usedBefore, errBefore := e.Usage(ctx, before)
	usedAfter, errAfter := e.Usage(ctx, after)
	return errBefore != nil || errAfter != nil || !quota.Equal(usedBefore, usedAfter) || scopesDiffer(before, after)
}

// scopesDiffer says whether an object has moved from one scope to another. All other scopes depend on what never changes.
func scopesDiffer(before, after object.Object) bool {
	switch now := after.(type) {
	case *corev1.Pod:
		was, ok := before.(*corev1.Pod)
		return ok && quota.HasDeadline(was) != quota.HasDeadline(now)
	case *corev1.PersistentVolumeClaim:
		was, ok := before.(*corev1.PersistentVolumeClaim)
		return ok && !quota.SameAttributesClasses(was, now)
	}
	return false
}
