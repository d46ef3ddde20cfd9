package resourcequota

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/quota"
)

// Window sees what a quota is charged for writes of this server that are under way at any moment while it is open. Whoever counts
// what a namespace uses opens it first, and then reads a state that is no older: an object that is not in that state, and whose
// charge is in the quota of that state, is among the charges.
type Window struct {
	charger *Charger
	name    types.NamespacedName
	charged quota.List
}

// Watch opens a window on a quota.
func (c *Charger) Watch(namespace, name string) *Window {
	w := &Window{charger: c, name: types.NamespacedName{Namespace: namespace, Name: name}, charged: quota.List{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(w.name)
	if a.windows == nil {
		a.windows = map[*Window]struct{}{}
	}
	a.windows[w] = struct{}{}
	oldest := c.now().Add(-Hold)
	for t := range a.underway {
		if t.since.Before(oldest) {
			delete(a.underway, t) // nobody knows what became of the write, but it is not stored any more
			continue
		}
		w.add(t)
	}
	return w
}

// add adds a charge; the caller holds the charger's mu.
func (w *Window) add(t *taken) { w.charged = quota.Add(w.charged, t.more) }

// Close returns what was charged, and whether a revision of the quota was made by a charge of this server, for as long back as
// Hold.
func (w *Window) Close() (charged quota.List, own func(version string) bool) {
	w.charger.mu.Lock()
	defer w.charger.mu.Unlock()
	a := w.charger.accounts[w.name]
	delete(a.windows, w)
	made := make(map[string]bool, len(a.own))
	for _, r := range a.own {
		made[r.version] = true
	}
	a.forget(w.charger.now())
	w.charger.drop(w.name, a)
	return w.charged, func(version string) bool { return made[version] }
}

// forget drops revisions that nobody asks about any more.
func (a *account) forget(now time.Time) {
	oldest, n := now.Add(-2*Hold), 0
	for n < len(a.own) && a.own[n].at.Before(oldest) {
		n++
	}
	a.own = a.own[n:]
}
