package pipeline

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// journal keeps what is told in short.
type journal struct {
	lines []string
	fails bool
}

func (j *journal) Process(events ...*audit.Event) bool {
	for _, e := range events {
		line := e.Stage + " " + e.User.Username
		if e.ImpersonatedUser != nil {
			line += " as " + e.ImpersonatedUser.Username
		}
		if s := e.ResponseStatus; s != nil {
			line += fmt.Sprintf(" %d %s", s.Code, s.Reason)
		}
		for _, k := range sortedKeys(lists(e.Annotations)) {
			line += " " + k + "=" + e.Annotations[k]
		}
		j.lines = append(j.lines, line)
	}
	return !j.fails
}

func (j *journal) Close() {}

func lists(m map[string]string) map[string][]string {
	out := map[string][]string{}
	for k := range m {
		out[k] = nil
	}
	return out
}

// anyone authenticates by a header and notes it.
type anyone struct{}

func (anyone) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	name := r.Header.Get("Name")
	resource.Annotate(r.Context(), "seen", name)
	if name == "" {
		return nil, errors.New("no name")
	}
	return &resource.UserInfo{Name: name}, nil
}

func TestAudit(t *testing.T) {
	policy, err := audit.ParsePolicy([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, users: [quiet]}, {level: Metadata}]"))
	if err != nil {
		t.Fatal(err)
	}
	const seen = " seen=ann"
	for _, c := range []struct {
		what, path, name, as string
		fails, panics        bool
		handler              Handler
		code                 int
		want                 []string
	}{
		{what: "an ordinary one", path: "/api/v1/pods", name: "ann", handler: func(r *Request) error { _, err := r.Writer.Write([]byte("x")); return err },
			want: []string{"RequestReceived ann" + seen, "ResponseComplete ann 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "an error", path: "/api/v1/pods", name: "ann", handler: func(*Request) error { return apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "x") },
			want: []string{"RequestReceived ann" + seen, "ResponseComplete ann 404 NotFound authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "a long one", path: "/api/v1/pods?watch=1", name: "ann", handler: func(r *Request) error { r.Writer.WriteHeader(200); return nil },
			want: []string{"RequestReceived ann" + seen, "ResponseStarted ann 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen,
				"ResponseComplete ann 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "a long one without an answer", path: "/api/v1/pods?watch=1", name: "ann", handler: func(*Request) error { return nil },
			want: []string{"RequestReceived ann" + seen, "ResponseStarted ann 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen,
				"ResponseComplete ann 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "a panic", path: "/api/v1/pods", name: "ann", panics: true, handler: func(*Request) error { panic("at night") },
			want: []string{"RequestReceived ann" + seen, "Panic ann 500 InternalError authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "refused", path: "/api/v1/secrets", name: "ann", handler: func(*Request) error { t.Error("carried out"); return nil },
			want: []string{"RequestReceived ann" + seen, "ResponseComplete ann 403 Forbidden authorization.k8s.io/decision=forbid authorization.k8s.io/reason=" + seen}},
		{what: "as somebody", path: "/api/v1/pods", name: "ann", as: "ben", handler: func(*Request) error { return nil },
			want: []string{"RequestReceived ann" + seen, "ResponseComplete ann as ben 200  authorization.k8s.io/decision=allow authorization.k8s.io/reason=" + seen}},
		{what: "nobody", path: "/api/v1/pods", handler: func(*Request) error { t.Error("carried out"); return nil },
			want: []string{"ResponseStarted  401 Unauthorized seen="}},
		{what: "who is not told of", path: "/api/v1/pods", name: "quiet", handler: func(*Request) error { return nil }},
		{what: "a strict log that fails", path: "/api/v1/pods", name: "ann", fails: true, handler: func(*Request) error { t.Error("carried out"); return nil },
			want: []string{"RequestReceived ann" + seen}},
	} {
		j := &journal{fails: c.fails}
		log := slog.New(slog.DiscardHandler)
		auditor := &audit.Auditor{Policy: policy, Sink: j, Log: log}
		may := &rights{allowed: []string{"list pods ", "watch pods ", "impersonate users ben", "impersonate-on:user-info:list pods ", "impersonate:user-info authentication.k8s.io:users ben"}}
		h := httptest.NewRequest("GET", c.path, nil)
		h.Header.Set("Name", c.name)
		if c.as != "" {
			h.Header.Set("Impersonate-User", c.as)
		}
		r := NewRequest(httptest.NewRecorder(), h, ParseInfo("GET", h.URL.Path))
		run := Authenticate(anyone{}, authn.ProxyHeaders{}, auditor, log)(Audit(Impersonate(may, true)(Authorize(may)(c.handler))))
		func() {
			defer func() {
				if p := recover(); (p != nil) != c.panics {
					t.Errorf("%s: panic %v", c.what, p)
				}
			}()
			if err := run(r); c.fails && (err == nil || err.Error() != "Internal error occurred: failed to store audit event") {
				t.Errorf("%s: %v", c.what, err)
			}
		}()
		if got, want := strings.Join(j.lines, "\n"), strings.Join(c.want, "\n"); got != want {
			t.Errorf("%s:\n got\n%s\n want\n%s", c.what, got, want)
		}
	}
}

// Headers that name a user for others are gone after authentication, whoever sent them.
func TestAuthenticateRemovesHeaders(t *testing.T) {
	h := httptest.NewRequest("GET", "/", nil)
	for _, name := range []string{"Authorization", "X-Remote-User", "X-Remote-Group", "X-Remote-Uid", "X-Remote-Extra-A", "X-My-User", "X-My-Extra-B"} {
		h.Header.Set(name, "root")
	}
	h.Header.Set("Name", "ann")
	h.Header.Set("Kept", "1")
	r := NewRequest(httptest.NewRecorder(), h, Info{})
	own := authn.ProxyHeaders{User: []string{"X-My-User"}, ExtraPrefix: []string{"X-My-Extra-"}}
	err := Authenticate(anyone{}, own, nil, slog.New(slog.DiscardHandler))(func(r *Request) error {
		if len(r.HTTP.Header) != 2 || r.User.Name != "ann" {
			t.Errorf("%v of %+v", r.HTTP.Header, r.User)
		}
		return nil
	})(r)
	if err != nil {
		t.Fatal(err)
	}
}

var _ authz.Authorizer = (*rights)(nil)
