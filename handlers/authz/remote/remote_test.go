package remote

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// peer is a real HTTPS server that answers reviews; it keeps what it was asked.
type peer struct {
	mu     sync.Mutex
	asked  []string
	answer func(w http.ResponseWriter)
	client *webhook.Client
}

func newPeer(t *testing.T, answer func(w http.ResponseWriter)) *peer {
	t.Helper()
	p := &peer{answer: answer}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		p.asked = append(p.asked, string(body["apiVersion"])+string(body["spec"]))
		answer := p.answer
		p.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(server.Close)
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	config := fmt.Sprintf(`{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]}`, server.URL, ca)
	var err error
	if p.client, err = webhook.New([]byte(config), "", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	p.client.Backoff = webhook.Backoff{First: time.Microsecond, Attempts: 2}
	return p
}

func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

// status answers with a status of the version.
func status(version, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		fmt.Fprintf(w, `{"apiVersion":"authorization.k8s.io/%s","kind":"SubjectAccessReview","status":%s}`, version, text)
	}
}

func (p *peer) authorizer(t *testing.T, o Options) *Authorizer {
	t.Helper()
	a, err := New(p.client, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var ann = &resource.UserInfo{Name: "ann", UID: "u1", Groups: []string{"g", "h"}, Extra: map[string][]string{"k": {"v"}}}

func attributes(t *testing.T) authz.Attributes {
	t.Helper()
	f, err := fields.ParseSelector("spec.nodeName=n,a!=b")
	if err != nil {
		t.Fatal(err)
	}
	l, err := labels.Parse("x in (y),!z")
	if err != nil {
		t.Fatal(err)
	}
	requirements, _ := l.Requirements()
	return authz.Attributes{User: ann, IsResource: true, Verb: "list", Group: "apps", Version: "v1", Resource: "deployments", Namespace: "ns", Fields: f.Requirements(), Labels: requirements}
}

func TestQuestion(t *testing.T) {
	for version, want := range map[string]string{
		"v1":      `"authorization.k8s.io/v1"{"resourceAttributes":{"namespace":"ns","verb":"list","group":"apps","version":"v1","resource":"deployments","fieldSelector":{"requirements":[{"key":"a","operator":"NotIn","values":["b"]},{"key":"spec.nodeName","operator":"In","values":["n"]}]},"labelSelector":{"requirements":[{"key":"x","operator":"In","values":["y"]},{"key":"z","operator":"DoesNotExist"}]}},"user":"ann","groups":["g","h"],"extra":{"k":["v"]},"uid":"u1"}`,
		"v1beta1": `"authorization.k8s.io/v1beta1"{"resourceAttributes":{"namespace":"ns","verb":"list","group":"apps","version":"v1","resource":"deployments","fieldSelector":{"requirements":[{"key":"a","operator":"NotIn","values":["b"]},{"key":"spec.nodeName","operator":"In","values":["n"]}]},"labelSelector":{"requirements":[{"key":"x","operator":"In","values":["y"]},{"key":"z","operator":"DoesNotExist"}]}},"user":"ann","group":["g","h"],"extra":{"k":["v"]},"uid":"u1"}`,
	} {
		p := newPeer(t, status(version, `{"allowed":true,"reason":"so it is"}`))
		a := p.authorizer(t, Options{Version: version})
		if d, reason, err := a.Authorize(t.Context(), attributes(t)); d != authz.Allow || reason != "so it is" || err != nil {
			t.Errorf("%s: %v %q %v", version, d, reason, err)
		}
		if len(p.asked) != 1 || p.asked[0] != want {
			t.Errorf("%s asked\n%s\nwant\n%s", version, p.asked, want)
		}
		if _, _, err := a.Authorize(t.Context(), authz.Attributes{User: ann, Verb: "get", Path: "/x"}); err != nil || !strings.Contains(p.asked[1], `"nonResourceAttributes":{"path":"/x","verb":"get"}`) {
			t.Errorf("%s: %v %s", version, err, p.asked)
		}
	}
	if _, err := New(nil, Options{Version: "v2"}, nil); err == nil {
		t.Error("v2 is spoken")
	}
}

func TestAnswers(t *testing.T) {
	fails := func(code int) func(http.ResponseWriter) { return func(w http.ResponseWriter) { w.WriteHeader(code) } }
	for _, c := range []struct {
		name    string
		answer  func(http.ResponseWriter)
		onError authz.Decision
		want    authz.Decision
		failed  bool
	}{
		{"allowed", status("v1", `{"allowed":true}`), authz.NoOpinion, authz.Allow, false},
		{"no opinion", status("v1", `{"allowed":false}`), authz.Deny, authz.NoOpinion, false},
		{"denied", status("v1", `{"denied":true}`), authz.NoOpinion, authz.Deny, false},
		{"both", status("v1", `{"allowed":true,"denied":true}`), authz.NoOpinion, authz.Deny, true},
		{"broken, open", fails(500), authz.NoOpinion, authz.NoOpinion, true},
		{"broken, closed", fails(500), authz.Deny, authz.Deny, true},
		{"refused", fails(403), authz.Deny, authz.Deny, true},
		{"another version", status("v1beta1", `{"allowed":true}`), authz.NoOpinion, authz.NoOpinion, true},
		{"no review", func(w http.ResponseWriter) { fmt.Fprint(w, `{"status":{"allowed":true}}`) }, authz.Deny, authz.Deny, true},
		{"no JSON", func(w http.ResponseWriter) { fmt.Fprint(w, "allowed") }, authz.NoOpinion, authz.NoOpinion, true},
	} {
		a := newPeer(t, c.answer).authorizer(t, Options{Version: "v1", OnError: c.onError, Allowed: time.Hour, Refused: time.Hour})
		if d, _, err := a.Authorize(t.Context(), attributes(t)); d != c.want || (err != nil) != c.failed {
			t.Errorf("%s: %v %v", c.name, d, err)
		}
	}
}

// TestMemory: answers are kept by what they are to, failures never, and giants not.
func TestMemory(t *testing.T) {
	q := attributes(t)
	other := q
	other.User = &resource.UserInfo{Name: "ann", Groups: []string{"g"}}
	giant := q
	giant.Name = strings.Repeat("x", longest)
	for _, c := range []struct {
		name            string
		answer          func(http.ResponseWriter)
		allowed, refuse time.Duration
		ask             []authz.Attributes
		want            int
	}{
		{"allowed", status("v1", `{"allowed":true}`), time.Hour, 0, []authz.Attributes{q, q, q}, 1},
		{"allowed, not to be kept", status("v1", `{"allowed":true}`), 0, time.Hour, []authz.Attributes{q, q, q}, 3},
		{"refused", status("v1", `{}`), 0, time.Hour, []authz.Attributes{q, q}, 1},
		{"refused, not to be kept", status("v1", `{}`), time.Hour, 0, []authz.Attributes{q, q}, 2},
		{"another user", status("v1", `{"allowed":true}`), time.Hour, 0, []authz.Attributes{q, other, q, other}, 2},
		{"giants", status("v1", `{"allowed":true}`), time.Hour, 0, []authz.Attributes{giant, giant}, 2},
		{"failures", func(w http.ResponseWriter) { w.WriteHeader(400) }, time.Hour, time.Hour, []authz.Attributes{q, q}, 2},
	} {
		p := newPeer(t, c.answer)
		a := p.authorizer(t, Options{Version: "v1", Allowed: c.allowed, Refused: c.refuse})
		for _, x := range c.ask {
			_, _, _ = a.Authorize(t.Context(), x) // what is counted is the questions
		}
		if p.count() != c.want {
			t.Errorf("%s: asked %d times, want %d", c.name, p.count(), c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	q := attributes(t)
	path := authz.Attributes{User: ann, Verb: "get", Path: "/x"}
	for _, c := range []struct {
		name       string
		conditions []string
		ask        authz.Attributes
		onError    authz.Decision
		asked      int
		want       authz.Decision
		failed     bool
	}{
		{"none", nil, q, authz.NoOpinion, 1, authz.Allow, false},
		{"true", []string{"request.user == 'ann'", "'g' in request.groups", "request.uid == 'u1'", "request.extra['k'] == ['v']"}, q, authz.Deny, 1, authz.Allow, false},
		{"one false", []string{"true", "request.user != 'ann'"}, q, authz.Deny, 0, authz.NoOpinion, false},
		{"resource", []string{"has(request.resourceAttributes)", "request.resourceAttributes.namespace == 'ns'", "request.resourceAttributes.subresource == ''"}, q, authz.Deny, 1, authz.Allow, false},
		{"selectors", []string{"request.resourceAttributes.fieldSelector.requirements.exists(r, r.key == 'spec.nodeName' && r.operator == 'In' && r.values == ['n'])", "request.resourceAttributes.labelSelector.requirements.size() == 2"}, q, authz.Deny, 1, authz.Allow, false},
		{"path", []string{"!has(request.resourceAttributes)", "request.nonResourceAttributes.path.startsWith('/x')"}, path, authz.Deny, 1, authz.Allow, false},
		{"error, open", []string{"request.resourceAttributes.namespace == 'ns'"}, path, authz.NoOpinion, 0, authz.NoOpinion, true},
		{"error, closed", []string{"request.resourceAttributes.namespace == 'ns'"}, path, authz.Deny, 0, authz.Deny, true},
		{"error and false", []string{"request.resourceAttributes.namespace == 'ns'", "false"}, path, authz.Deny, 0, authz.NoOpinion, false},
	} {
		p := newPeer(t, status("v1", `{"allowed":true}`))
		a := p.authorizer(t, Options{Version: "v1", OnError: c.onError, Conditions: c.conditions})
		d, _, err := a.Authorize(t.Context(), c.ask)
		if d != c.want || (err != nil) != c.failed || p.count() != c.asked {
			t.Errorf("%s: %v %v, asked %d times", c.name, d, err, p.count())
		}
	}
	for text, want := range map[string]string{
		"request.nobody":     "undefined field 'nobody'",
		"request.user":       "must evaluate to bool but got string",
		"user == 'x'":        "undeclared reference",
		"request.user ==":    "Syntax error",
		"request.groups > 1": "no matching overload",
	} {
		if err := Compile(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if _, err := New(nil, Options{Version: "v1", Conditions: []string{text}}, nil); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

func TestRules(t *testing.T) {
	if set, err := (&Authorizer{}).Rules(t.Context(), ann, "ns"); err == nil || !set.Incomplete {
		t.Error("what another server would allow is said to be known")
	}
}
