package metrics

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Upstream's buckets of admission, in seconds, and how long its summary remembers.
var admissionSeconds = []float64{0.005, 0.025, 0.1, 0.5, 1, 2.5}

const admissionMemory = 5 * time.Hour

// admitted counts what admission does, by step and by plugin.
type admitted struct {
	steps   *prometheus.HistogramVec
	summary *prometheus.SummaryVec
	plugins *prometheus.HistogramVec
}

func newAdmitted() admitted {
	labels := []string{"type", "operation", "rejected"}
	return admitted{
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "apiserver_admission_step_admission_duration_seconds", Buckets: admissionSeconds,
			Help: "How long mutating (admit) and validating (validate) admission of a request took, all plugins together.",
		}, labels),
		summary: prometheus.NewSummaryVec(prometheus.SummaryOpts{
			Name: "apiserver_admission_step_admission_duration_seconds_summary", MaxAge: admissionMemory,
			Objectives: map[float64]float64{0.5: 0.05, 0.9: 0.01, 0.99: 0.001},
			Help:       "How long mutating (admit) and validating (validate) admission of a request took, as a summary of five hours.",
		}, labels),
		plugins: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "apiserver_admission_controller_admission_duration_seconds", Buckets: admissionSeconds,
			Help: "How long each admission plugin took for a request.",
		}, append([]string{"name"}, labels...)),
	}
}

func (a *admitted) collectors() []prometheus.Collector {
	return []prometheus.Collector{a.steps, a.summary, a.plugins}
}

// Admission counts what the admission plugins of the server do: it is their Meter.
func (m *Metrics) Admission() *AdmissionMeter { return &AdmissionMeter{&m.admitted} }

// AdmissionMeter hands out functions that count. Numbers are looked up when there is first something to count, so that what
// never happens is not shown.
type AdmissionMeter struct{ of *admitted }

// Plugin counts one plugin in a step.
func (m *AdmissionMeter) Plugin(name, step, operation string) func(took time.Duration, rejected bool) {
	return firstUse(func(rejected string) []prometheus.Observer {
		return []prometheus.Observer{m.of.plugins.WithLabelValues(name, step, operation, rejected)}
	})
}

// Step counts all plugins together.
func (m *AdmissionMeter) Step(step, operation string) func(took time.Duration, rejected bool) {
	return firstUse(func(rejected string) []prometheus.Observer {
		return []prometheus.Observer{m.of.steps.WithLabelValues(step, operation, rejected), m.of.summary.WithLabelValues(step, operation, rejected)}
	})
}

// firstUse looks numbers up once for what was let through and once for what was rejected. Who comes at the same time looks up the
// same ones.
func firstUse(find func(rejected string) []prometheus.Observer) func(time.Duration, bool) {
	var known [2]atomic.Pointer[[]prometheus.Observer]
	return func(took time.Duration, rejected bool) {
		at := &known[0]
		if rejected {
			at = &known[1]
		}
		to := at.Load()
		if to == nil {
			found := find(strconv.FormatBool(rejected))
			to = &found
			at.Store(to)
		}
		for _, o := range *to {
			o.Observe(took.Seconds())
		}
	}
}
