package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Forget drops the numbers of a resource that is not served any more: those of definitions that come and go would add up.
// Requests that are still under way then are counted nowhere. last says that no other version of it is served: some numbers
// are those of all versions.
func (m *Metrics) Forget(of schema.GroupVersionResource, last bool) {
	labels := prometheus.Labels{"group": of.Group, "version": of.Version, "resource": of.Resource}
	q := m.requests
	q.mu.Lock()
	for s := range q.known {
		if s.group == of.Group && s.version == of.Version && s.resource == of.Resource {
			delete(q.known, s)
		}
	}
	q.mu.Unlock()
	q.count.DeletePartialMatch(labels)
	for _, v := range []*prometheus.HistogramVec{q.durations, q.objectives, q.sizes, m.listed.began} {
		v.DeletePartialMatch(labels)
	}
	q.long.DeletePartialMatch(labels)
	q.terminated.DeletePartialMatch(labels)

	m.watches.mu.Lock()
	delete(m.watches.known, of)
	m.watches.mu.Unlock()
	if !last {
		return
	}
	labels = prometheus.Labels{"group": of.Group, "resource": of.Resource}
	for _, v := range []*prometheus.CounterVec{
		m.listed.total, m.listed.looked, m.listed.given, m.listed.consistent,
		m.store.count, m.store.faults, m.store.events, m.store.received, m.store.handed,
		m.store.lists.total, m.store.lists.fetched, m.store.lists.evaluated, m.store.lists.returned,
	} {
		v.DeletePartialMatch(labels)
	}
	for _, v := range []*prometheus.HistogramVec{m.listed.waited, m.store.seconds} {
		v.DeletePartialMatch(labels)
	}
}

// uncounted are series that nobody sees, for the ends of requests on what is not served any more.
func uncounted() *series {
	nowhere := prometheus.ObserverFunc(func(float64) {})
	return &series{count: prometheus.NewCounter(prometheus.CounterOpts{Name: "uncounted"}), duration: nowhere}
}
