package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// Upstream's buckets: seconds of requests, seconds that objectives are stated for, and bytes of answers.
var (
	requestSeconds   = []float64{0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60}
	objectiveSeconds = []float64{0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60}
	answerBytes      = []float64{1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}
)

// requests counts requests that were let through.
type requests struct {
	count      *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	objectives *prometheus.HistogramVec
	sizes      *prometheus.HistogramVec
	long       *prometheus.GaugeVec
	inFlight   *prometheus.GaugeVec
	terminated *prometheus.CounterVec
	reading    prometheus.Gauge
	writing    prometheus.Gauge

	// served says whether a resource is still there; nil when all stay.
	served func(schema.GroupVersionResource) bool

	mu    sync.RWMutex
	known map[subject]*series
}

// subject is what one row of the numbers is about.
type subject struct {
	verb, dryRun                          string
	group, version, resource, subresource string
	scope, component                      string
	code                                  int
}

// series are the numbers of a subject, looked up once.
type series struct {
	count     prometheus.Counter
	duration  prometheus.Observer
	objective prometheus.Observer
	size      prometheus.Observer
}

func newRequests() *requests {
	labels := []string{"verb", "group", "version", "resource", "subresource", "scope", "component"}
	dry := append([]string{"dry_run"}, labels...)
	r := &requests{known: map[subject]*series{}}
	r.count = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "apiserver_request_total", Help: "Requests that were let through, by what they asked for and how they were answered.",
	}, append([]string{"code"}, dry...))
	r.durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "apiserver_request_duration_seconds", Help: "How long requests took.", Buckets: requestSeconds,
	}, dry)
	r.objectives = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "apiserver_request_sli_duration_seconds", Help: "How long requests took that were no dry run.", Buckets: objectiveSeconds,
	}, labels)
	r.sizes = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "apiserver_response_sizes", Help: "How large the answers to reads were, in bytes.", Buckets: answerBytes,
	}, labels)
	r.long = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "apiserver_longrunning_requests", Help: "Watches and connections that are open.",
	}, labels)
	r.terminated = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "apiserver_request_terminations_total", Help: "Requests that the server ended in self-defense: too many were under way (429), or it took too long (504).",
	}, append([]string{"code"}, labels...))
	r.inFlight = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "apiserver_current_inflight_requests", Help: "Requests that are being answered, without the long-running ones.",
	}, []string{"request_kind"})
	r.reading, r.writing = r.inFlight.WithLabelValues("readOnly"), r.inFlight.WithLabelValues("mutating")
	return r
}

func (q *requests) collectors() []prometheus.Collector {
	return []prometheus.Collector{q.count, q.durations, q.objectives, q.sizes, q.long, q.inFlight, q.terminated}
}

// Measure is the stage that counts. It comes after authorization, so that nobody can make up names that are then kept for
// ever, and after the resource was looked up, for the same reason: what is not served is not counted. page is the page of a
// path that is not a resource's, "" when there is none.
func (m *Metrics) Measure(page func(path string) string) pipeline.Stage {
	q := m.requests
	return func(next pipeline.Handler) pipeline.Handler {
		return func(r *pipeline.Request) error {
			s, counted := subjectOf(r, page)
			if !counted {
				return next(r)
			}
			running := q.running(r, &s)
			received := r.Received
			running.Inc()
			return pipeline.After(next, r, func(end pipeline.End) error {
				running.Dec()
				s.code = codeOf(end)
				q.record(&s, time.Since(received), end.Size)
				return end.Err
			})
		}
	}
}

// Terminated counts a request that the server ends in self-defense with a code. It is seldom, so nothing is looked up before.
func (m *Metrics) Terminated(r *pipeline.Request, page func(path string) string, code int) {
	if s, counted := subjectOf(r, page); counted {
		m.requests.terminated.WithLabelValues(strconv.Itoa(code), s.verb, s.group, s.version, s.resource, s.subresource, s.scope, s.component).Inc()
	}
}

// running is where a request is counted while it lasts.
func (q *requests) running(r *pipeline.Request, s *subject) prometheus.Gauge {
	if r.LongRunning() {
		return q.long.WithLabelValues(s.verb, s.group, s.version, s.resource, s.subresource, s.scope, s.component)
	}
	switch r.Info.Verb {
	case "get", "list":
		return q.reading
	}
	return q.writing
}

func (q *requests) record(s *subject, took time.Duration, size int64) {
	q.mu.RLock()
	to := q.known[*s]
	q.mu.RUnlock()
	if to == nil && q.gone(s) {
		to = uncounted()
	} else if to == nil {
		to = q.add(s)
	}
	to.count.Inc()
	to.duration.Observe(took.Seconds())
	if to.objective != nil {
		to.objective.Observe(took.Seconds())
	}
	if to.size != nil {
		to.size.Observe(float64(size))
	}
}

// gone says that the resource was served when the request began, and is not any more.
func (q *requests) gone(s *subject) bool {
	return s.resource != "" && q.served != nil && !q.served(schema.GroupVersionResource{Group: s.group, Version: s.version, Resource: s.resource})
}

func (q *requests) add(s *subject) *series {
	labels := []string{s.verb, s.group, s.version, s.resource, s.subresource, s.scope, s.component}
	dry := append([]string{s.dryRun}, labels...)
	to := &series{
		count:    q.count.WithLabelValues(append([]string{strconv.Itoa(s.code)}, dry...)...),
		duration: q.durations.WithLabelValues(dry...),
	}
	if s.dryRun == "" {
		to.objective = q.objectives.WithLabelValues(labels...)
	}
	if s.verb == "GET" || s.verb == "LIST" {
		to.size = q.sizes.WithLabelValues(labels...)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.known[*s] = to
	return to
}

// codeOf is how a request is going to be answered, or was.
func codeOf(end pipeline.End) int {
	switch {
	case end.Panic != nil:
		return http.StatusInternalServerError
	case end.Status != 0:
		return end.Status
	case end.Err != nil:
		return int(pipeline.Status(end.Err).Code)
	}
	return http.StatusOK
}
