package metrics

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// eventBytes are upstream's buckets for events, each twice the one before.
var eventBytes = [...]int{1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17}

// Reads counts the lists of one resource, and the events that its watches are sent. Ten thousand watches may count at once,
// so an event is three additions; what Prometheus wants to see is made of them when it asks.
type Reads struct {
	listed *listed
	of     schema.GroupVersionResource
	// sizes has one number per bucket and one for what is larger.
	sizes [len(eventBytes) + 1]atomic.Uint64
	bytes atomic.Uint64
	first atomic.Uint64
	slow  atomic.Uint64
}

// Sent counts an event of a size.
func (r *Reads) Sent(size int) {
	bucket := 0
	for bucket < len(eventBytes) && size > eventBytes[bucket] {
		bucket++
	}
	r.sizes[bucket].Add(1)
	r.bytes.Add(uint64(size))
}

// Initial counts an object of the state that a watch begins with.
func (r *Reads) Initial() { r.first.Add(1) }

// Slow counts a watch that was ended because its client did not take the events in time.
func (r *Reads) Slow() { r.slow.Add(1) }

// watches is the collector of all Reads.
type watches struct {
	total, sizes, first, slow *prometheus.Desc

	mu    sync.Mutex
	known map[schema.GroupVersionResource]*Reads
}

func newWatches() watches {
	labels := []string{"group", "version", "resource"}
	return watches{
		total: prometheus.NewDesc("apiserver_watch_events_total", "Events that were sent to watches.", labels, nil),
		sizes: prometheus.NewDesc("apiserver_watch_events_sizes", "How large the events were, in bytes.", labels, nil),
		first: prometheus.NewDesc("apiserver_init_events_total", "Objects of the states that watches began with.", []string{"group", "resource"}, nil),
		slow:  prometheus.NewDesc("apiserver_terminated_watchers_total", "Watches that were ended because their clients were too slow.", []string{"group", "resource"}, nil),
		known: map[schema.GroupVersionResource]*Reads{},
	}
}

// Reads is where the lists and watches of a resource count. It is asked for once for each of them.
func (m *Metrics) Reads(of schema.GroupVersionResource) *Reads {
	m.watches.mu.Lock()
	defer m.watches.mu.Unlock()
	w := m.watches.known[of]
	if w == nil {
		w = &Reads{listed: &m.listed, of: of}
		m.watches.known[of] = w
	}
	return w
}

// Describe implements prometheus.Collector.
func (w *watches) Describe(to chan<- *prometheus.Desc) {
	to <- w.total
	to <- w.sizes
	to <- w.first
	to <- w.slow
}

// Collect implements prometheus.Collector. Versions of one resource share some numbers.
func (w *watches) Collect(to chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first, slow := map[schema.GroupResource]uint64{}, map[schema.GroupResource]uint64{}
	for of, watch := range w.known {
		var sum uint64
		upTo := map[float64]uint64{}
		for i := range watch.sizes {
			sum += watch.sizes[i].Load()
			if i < len(eventBytes) {
				upTo[float64(eventBytes[i])] = sum
			}
		}
		if sum == 0 { // nobody has watched, or nothing has happened
			continue
		}
		first[of.GroupResource()] += watch.first.Load()
		slow[of.GroupResource()] += watch.slow.Load()
		labels := []string{of.Group, of.Version, of.Resource}
		to <- prometheus.MustNewConstMetric(w.total, prometheus.CounterValue, float64(sum), labels...)
		to <- prometheus.MustNewConstHistogram(w.sizes, sum, float64(watch.bytes.Load()), upTo, labels...)
	}
	for of, n := range first {
		to <- prometheus.MustNewConstMetric(w.first, prometheus.CounterValue, float64(n), of.Group, of.Resource)
		to <- prometheus.MustNewConstMetric(w.slow, prometheus.CounterValue, float64(slow[of]), of.Group, of.Resource)
	}
}
