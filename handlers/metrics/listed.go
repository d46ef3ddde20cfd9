package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// listed counts what the cache answers, and how long that had to wait.
type listed struct {
	total, looked, given *prometheus.CounterVec
	consistent           *prometheus.CounterVec
	waited, began        *prometheus.HistogramVec
}

// Upstream's buckets: seconds until the cache is fresh, and until a watch has begun.
var (
	freshSeconds = []float64{0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3}
	beganSeconds = []float64{0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60}
)

func newListed() listed {
	of := []string{"group", "resource"}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append(labels, of...))
	}
	return listed{
		total:  counter("apiserver_cache_list_total", "Lists that the cache answered, by the index that found the objects.", "index"),
		looked: counter("apiserver_cache_list_fetched_objects_total", "Objects that these lists looked at.", "index"),
		given:  counter("apiserver_cache_list_returned_objects_total", "Objects that these lists gave."),
		consistent: counter("apiserver_watch_cache_consistent_read_total",
			"Lists of the newest state. They never fall back on asking etcd for the objects.", "success", "fallback"),
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "apiserver_watch_cache_read_wait_seconds", Help: "How long reads waited until the cache was fresh enough for them.", Buckets: freshSeconds,
		}, of),
		began: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "apiserver_watch_list_duration_seconds", Help: "How long it took until watches had told the state that they begin with.", Buckets: beganSeconds,
		}, []string{"group", "version", "resource", "scope"}),
	}
}

func (l *listed) collectors() []prometheus.Collector {
	return []prometheus.Collector{l.total, l.looked, l.given, l.consistent, l.waited, l.began}
}

// Listed counts a list that the cache answered.
func (r *Reads) Listed(index string, looked, given int) {
	r.listed.total.WithLabelValues(index, r.of.Group, r.of.Resource).Inc()
	r.listed.looked.WithLabelValues(index, r.of.Group, r.of.Resource).Add(float64(looked))
	r.listed.given.WithLabelValues(r.of.Group, r.of.Resource).Add(float64(given))
}

// Waited counts how long a read waited for the cache.
func (r *Reads) Waited(took time.Duration) {
	r.listed.waited.WithLabelValues(r.of.Group, r.of.Resource).Observe(took.Seconds())
}

// Consistent counts a list of the newest state.
func (r *Reads) Consistent(ok bool) {
	r.listed.consistent.WithLabelValues(strconv.FormatBool(ok), "false", r.of.Group, r.of.Resource).Inc()
}

// Begins gives what counts a watch that has told where the state ends that it began with.
func (r *Reads) Begins(request *pipeline.Request) (began func()) {
	scope, received := scope(request), request.Received
	return func() {
		r.listed.began.WithLabelValues(r.of.Group, r.of.Version, r.of.Resource, scope).Observe(time.Since(received).Seconds())
	}
}
