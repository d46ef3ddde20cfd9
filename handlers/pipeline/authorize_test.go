package pipeline

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// decide is an authorizer that a test writes as a function.
type decide func(authz.Attributes) (authz.Decision, string, error)

func (f decide) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	return f(a)
}

// pass sends a request through the stage and returns what the authorizer was asked.
func pass(t *testing.T, a decide, method, target string) (asked authz.Attributes, writer *ResponseWriter, err error) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	request := NewRequest(httptest.NewRecorder(), r, ParseInfo(method, r.URL.Path))
	request.User = &resource.UserInfo{Name: "ann"}
	served := false
	err = Authorize(decide(func(q authz.Attributes) (authz.Decision, string, error) {
		asked = q
		return a(q)
	}))(func(*Request) error { served = true; return nil })(request)
	if served != (err == nil) {
		t.Errorf("%s %s: served %v with the error %v", method, target, served, err)
	}
	return asked, request.Writer, err
}

func allow(authz.Attributes) (authz.Decision, string, error) { return authz.Allow, "", nil }

// Selectors reach the authorizer for what is about many objects, and only then.
func TestSelectorsReachTheAuthorizer(t *testing.T) {
	const query = "?fieldSelector=spec.nodeName%3Dn&labelSelector=a%20in%20(b)"
	for _, c := range []struct {
		method, target string
		want           bool
	}{
		{"GET", "/api/v1/pods" + query, true},
		{"GET", "/api/v1/pods" + query + "&watch=1", true},
		{"DELETE", "/api/v1/namespaces/x/pods" + query, true},
		{"GET", "/api/v1/namespaces/x/pods/y" + query, false},
		{"POST", "/api/v1/namespaces/x/pods" + query, false},
		{"GET", "/metrics" + query, false},
	} {
		a, _, err := pass(t, allow, c.method, c.target)
		if err != nil || a.FieldsErr != nil || a.LabelsErr != nil || (len(a.Fields) == 1) != c.want || (len(a.Labels) == 1) != c.want {
			t.Errorf("%s %s: %+v %v", c.method, c.target, a, err)
		}
		if c.want && (a.Fields[0].Field != "spec.nodeName" || a.Fields[0].Value != "n" || a.Labels[0].Key() != "a") {
			t.Errorf("%s %s: %v %v", c.method, c.target, a.Fields, a.Labels)
		}
	}
	a, _, err := pass(t, allow, "GET", "/api/v1/pods?fieldSelector=x&labelSelector=a%20b%20c")
	if err != nil || a.FieldsErr == nil || a.LabelsErr == nil || a.Fields != nil || a.Labels != nil {
		t.Errorf("faulty selectors: %+v %v", a, err)
	}
}

func TestRefusals(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name     string
		decision authz.Decision
		reason   string
		failure  error
		target   string
		want     string
	}{
		{"allowed", authz.Allow, "", nil, "/api/v1/pods", ""},
		{"allowed in spite of an error", authz.Allow, "", broken, "/api/v1/pods", ""},
		{"no opinion", authz.NoOpinion, "", nil, "/api/v1/pods", `pods is forbidden: User "ann" cannot list resource "pods" in API group "" at the cluster scope`},
		{"denied", authz.Deny, "because", nil, "/apis/apps/v1/namespaces/x/deployments/y/scale", `deployments.apps "y" is forbidden: User "ann" cannot get resource "deployments/scale" in API group "apps" in the namespace "x": because`},
		{"a path", authz.NoOpinion, "", nil, "/metrics", `forbidden: User "ann" cannot get path "/metrics"`},
		{"nobody who knows yet", authz.NoOpinion, "", utilerrors.NewAggregate([]error{broken, authz.ErrNotReady}), "/api/v1/pods", "authorization is (re)initializing"},
		{"an error", authz.NoOpinion, "", broken, "/api/v1/pods", "Internal error occurred: broken"},
		{"denied with an error", authz.Deny, "because", broken, "/api/v1/pods", "Internal error occurred: broken"},
	} {
		_, w, err := pass(t, func(authz.Attributes) (authz.Decision, string, error) { return c.decision, c.reason, c.failure }, "GET", c.target)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if sniff := w.Header().Get("X-Content-Type-Options"); (sniff == "nosniff") != apierrors.IsForbidden(err) {
			t.Errorf("%s: X-Content-Type-Options %q", c.name, sniff)
		}
		if seconds, again := apierrors.SuggestsClientDelay(err); again != errors.Is(c.failure, authz.ErrNotReady) || again && seconds != 1 {
			t.Errorf("%s: to come again %v, after %d s", c.name, again, seconds)
		}
	}
}
