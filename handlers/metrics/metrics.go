// Package metrics counts what the server does and shows it as Prometheus wants it. Names, labels, types and buckets are
// upstream's, so that its dashboards and alerts go on working; what has no counterpart here is left out.
//
// What lies on the path of requests and events counts with atomic numbers that were looked up before. What can be read
// off when somebody asks (objects stored, the process, the runtime) is not counted at all. This package is the only one of
// ours that knows the Prometheus library.
package metrics

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/apimachinery/pkg/version"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
)

// Metrics are the numbers of one server. It is safe for concurrent use.
type Metrics struct {
	requests    *requests
	access      access
	watches     watches
	listed      listed
	store       store
	admitted    admitted
	podSecurity podSecurity

	// The registry is made for the first scrape, not while the server starts.
	once     sync.Once
	registry *prometheus.Registry
	build    version.Info
	started  time.Time
	sources  Sources
}

// New makes metrics of a server that was built so.
func New(build version.Info) *Metrics {
	return &Metrics{requests: newRequests(), access: newAccess(), watches: newWatches(), listed: newListed(), store: newStore(), admitted: newAdmitted(), podSecurity: newPodSecurity(), build: build, started: time.Now()}
}

// Observe tells where the numbers are found that are not counted here. It is called before the first request.
func (m *Metrics) Observe(s Sources) { m.sources, m.requests.served = s, s.Served }

// ServeHTTP shows everything there is.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.once.Do(m.register)
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ProcessStartTime: m.started}).ServeHTTP(w, r)
}

// register gathers all collectors. A name that is taken twice is a fault of this package that its tests find.
func (m *Metrics) register() {
	m.registry = prometheus.NewRegistry()
	m.registry.MustRegister(m.requests.collectors()...)
	m.registry.MustRegister(m.access.collectors()...)
	m.registry.MustRegister(m.store.collectors()...)
	m.registry.MustRegister(m.listed.collectors()...)
	m.registry.MustRegister(m.admitted.collectors()...)
	m.registry.MustRegister(m.podSecurity.collectors()...)
	m.registry.MustRegister(m.auditCounts()...)
	m.registry.MustRegister(
		&m.watches, &storedCollector{&m.sources}, &cacheCollector{&m.sources}, &queueCollector{&m.sources}, m.buildInfo(), m.featuresEnabled(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
}

// auditCounts reads the audit log's own numbers.
func (m *Metrics) auditCounts() []prometheus.Collector {
	if m.sources.Audited == nil {
		return nil
	}
	return []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "apiserver_audit_event_total", Help: "Events that the audit log was told.",
		}, func() float64 { events, _ := m.sources.Audited(); return float64(events) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "apiserver_audit_requests_rejected_total", Help: "Requests that were refused because the audit log could not tell of them.",
		}, func() float64 { _, rejected := m.sources.Audited(); return float64(rejected) }),
	}
}

// featuresEnabled has the feature gates, which do not change while the server runs.
func (m *Metrics) featuresEnabled() prometheus.Collector {
	enabled := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "kubernetes_feature_enabled", Help: "1 for the feature gates that are on, 0 for those that are off.",
	}, []string{"name", "stage"})
	for _, gate := range gates.Gates {
		stage := strings.ToUpper(gate.Stage)
		if gate.Stage == "ga" {
			stage = ""
		}
		on := 0.0
		if m.sources.Features.Enabled(gate.Name) {
			on = 1
		}
		enabled.WithLabelValues(gate.Name, stage).Set(on)
	}
	return enabled
}

// buildInfo is a constant that says what runs.
func (m *Metrics) buildInfo() prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kubernetes_build_info",
		Help: "What runs: always 1, with the version and how it was built as labels.",
		ConstLabels: prometheus.Labels{
			"major": m.build.Major, "minor": m.build.Minor, "git_version": m.build.GitVersion, "git_commit": m.build.GitCommit,
			"git_tree_state": m.build.GitTreeState, "build_date": m.build.BuildDate, "go_version": m.build.GoVersion,
			"compiler": m.build.Compiler, "platform": m.build.Platform,
		},
	})
	info.Set(1)
	return info
}
