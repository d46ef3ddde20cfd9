package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// podSecurity counts what the admission plugin PodSecurity decides.
type podSecurity struct{ evaluations, exemptions, errors *prometheus.CounterVec }

func newPodSecurity() podSecurity {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return podSecurity{
		counter("pod_security_evaluations_total", "Pods and templates that were held against a level, without those that are exempt.",
			"decision", "policy_level", "policy_version", "mode", "request_operation", "resource", "subresource"),
		counter("pod_security_exemptions_total", "Requests that were exempt, of those that would have been judged.", "request_operation", "resource", "subresource"),
		counter("pod_security_errors_total", "Requests that could not be judged (fatal), or whose namespace has labels that cannot be read.",
			"fatal", "request_operation", "resource", "subresource"),
	}
}

func (p *podSecurity) collectors() []prometheus.Collector {
	return []prometheus.Collector{p.evaluations, p.exemptions, p.errors}
}

// PodSecurity counts what the plugin decides: it is its Recorder.
func (m *Metrics) PodSecurity() *PodSecurityRecorder { return &PodSecurityRecorder{&m.podSecurity} }

// PodSecurityRecorder counts by upstream's labels.
type PodSecurityRecorder struct{ of *podSecurity }

// Evaluated counts one decision.
func (r *PodSecurityRecorder) Evaluated(decision, level, version, mode, operation, resource, subresource string) {
	r.of.evaluations.WithLabelValues(decision, level, version, mode, operation, resource, subresource).Inc()
}

// Exempted counts one request that was not judged.
func (r *PodSecurityRecorder) Exempted(operation, resource, subresource string) {
	r.of.exemptions.WithLabelValues(operation, resource, subresource).Inc()
}

// Failed counts one request that could not be judged as it should be.
func (r *PodSecurityRecorder) Failed(fatal bool, operation, resource, subresource string) {
	r.of.errors.WithLabelValues(strconv.FormatBool(fatal), operation, resource, subresource).Inc()
}
