package metrics

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// access counts authentications and authorizations.
type access struct {
	users              *prometheus.CounterVec
	attempts           *prometheus.CounterVec
	attemptSeconds     *prometheus.HistogramVec
	decisions          *prometheus.CounterVec
	decisionSeconds    *prometheus.HistogramVec
	recognized, wrong  outcome
	nobody             outcome
	allowed, forbidden outcome
	noOpinion, failed  outcome
}

// outcome is one way in which an attempt ends.
type outcome struct {
	count   prometheus.Counter
	seconds prometheus.Observer
}

func (o *outcome) since(begin time.Time) {
	o.count.Inc()
	o.seconds.Observe(time.Since(begin).Seconds())
}

func newAccess() access {
	result := []string{"result"}
	seconds := prometheus.ExponentialBuckets(0.001, 2, 15)
	a := access{
		users: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authenticated_user_requests", Help: "Requests whose user is known, by kind of user.",
		}, []string{"username"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authentication_attempts", Help: "Requests by what authentication found: success, failure (no credentials) or error.",
		}, result),
		attemptSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "authentication_duration_seconds", Help: "How long authentication took.", Buckets: seconds,
		}, result),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authorization_attempts_total", Help: "Requests by what authorization said: allowed, denied, no-opinion or error.",
		}, result),
		decisionSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "authorization_duration_seconds", Help: "How long authorization took.", Buckets: seconds,
		}, result),
	}
	attempt := func(name string) outcome {
		return outcome{a.attempts.WithLabelValues(name), a.attemptSeconds.WithLabelValues(name)}
	}
	decision := func(name string) outcome {
		return outcome{a.decisions.WithLabelValues(name), a.decisionSeconds.WithLabelValues(name)}
	}
	a.recognized, a.wrong, a.nobody = attempt("success"), attempt("error"), attempt("failure")
	a.allowed, a.forbidden = decision("allowed"), decision("denied")
	a.noOpinion, a.failed = decision("no-opinion"), decision("error")
	return a
}

func (a *access) collectors() []prometheus.Collector {
	return []prometheus.Collector{a.users, a.attempts, a.attemptSeconds, a.decisions, a.decisionSeconds}
}

type authenticator struct {
	inner  authn.Authenticator
	access *access
	// Only these names of users are ever labels, as in upstream.
	other, mail prometheus.Counter
}

// Authenticator counts what another one finds.
func (m *Metrics) Authenticator(inner authn.Authenticator) authn.Authenticator {
	users := m.access.users
	return &authenticator{inner: inner, access: &m.access, other: users.WithLabelValues("other"), mail: users.WithLabelValues("email_id")}
}

// Authenticate implements authn.Authenticator.
func (a *authenticator) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	begin := time.Now()
	user, err := a.inner.Authenticate(r)
	switch {
	case errors.Is(err, authn.ErrNoCredentials):
		a.access.nobody.since(begin)
	case err != nil:
		a.access.wrong.since(begin)
	default:
		a.access.recognized.since(begin)
		a.user(user.Name).Inc()
	}
	return user, err
}

// user keeps the number of labels small: there may be a service account per pod and a mail address per person.
func (a *authenticator) user(name string) prometheus.Counter {
	switch name {
	case "admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default":
		return a.access.users.WithLabelValues(name)
	}
	if strings.Contains(name, "@") {
		return a.mail
	}
	return a.other
}

type authorizer struct {
	inner  authz.Authorizer
	access *access
}

// Authorizer counts what another one decides.
func (m *Metrics) Authorizer(inner authz.Authorizer) authz.Authorizer {
	return &authorizer{inner, &m.access}
}

// Authorize implements authz.Authorizer.
func (a *authorizer) Authorize(ctx context.Context, of authz.Attributes) (authz.Decision, string, error) {
	begin := time.Now()
	decision, reason, err := a.inner.Authorize(ctx, of)
	switch {
	case decision == authz.Allow:
		a.access.allowed.since(begin)
	case err != nil:
		a.access.failed.since(begin)
	case decision == authz.Deny:
		a.access.forbidden.since(begin)
	default:
		a.access.noOpinion.since(begin)
	}
	return decision, reason, err
}
