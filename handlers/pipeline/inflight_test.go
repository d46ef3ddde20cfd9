package pipeline

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// inflightRequest is a request of a user of some groups, with its answer.
func inflightRequest(w http.ResponseWriter, method, target string, groups ...string) *Request {
	r := httptest.NewRequest(method, target, nil)
	request := NewRequest(w, r, ParseInfo(method, r.URL.Path))
	request.User = &resource.UserInfo{Name: "somebody", Groups: groups}
	return request
}

// Each case comes while one read and one write are under way, which is all that may be.
func TestLimitInflight(t *testing.T) {
	const pods = "/api/v1/namespaces/a/pods"
	for _, c := range []struct {
		name, method, target string
		groups               []string
		refused              bool
	}{
		{"list", "GET", pods, nil, true},
		{"get", "GET", pods + "/x", nil, true},
		{"page", "GET", "/version", nil, true},
		{"create", "POST", pods, nil, true},
		{"update", "PUT", pods + "/x", nil, true},
		{"patch", "PATCH", pods + "/x", nil, true},
		{"delete", "DELETE", pods + "/x", nil, true},
		{"deletecollection", "DELETE", pods, nil, true},
		{"head of a page is a write, as upstream has it", "HEAD", "/version", nil, true},
		{"of a group with a similar name", "GET", pods, []string{"system:masters2"}, true},
		{"of an administrator", "GET", pods, []string{"x", authn.GroupMasters}, false},
		{"write of an administrator", "POST", pods, []string{authn.GroupMasters}, false},
		{"watch", "GET", pods + "?watch=1", nil, false},
		{"deprecated watch", "GET", "/api/v1/watch/pods", nil, false},
		{"log", "GET", pods + "/x/log", nil, false},
		{"probe", "GET", "/livez", nil, false},
		{"readiness", "GET", "/readyz", nil, false},
		{"health", "GET", "/healthz", nil, false},
		{"write to a probe", "POST", "/livez", nil, true},
		{"below a probe", "GET", "/livez/etcd", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := 0
			stage := LimitInflight(Inflight{Reads: 1, Writes: 1}, func(*Request) { told++ })
			called := false
			held := func(r *Request) error {
				return stage(func(*Request) error {
					w := httptest.NewRecorder()
					err := stage(func(*Request) error { called = true; return nil })(inflightRequest(w, c.method, c.target, c.groups...))
					if err != nil {
						t.Error(err)
					}
					if !c.refused {
						return nil
					}
					if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || w.Body.String() != "Too many requests, please try again later.\n" {
						t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
					}
					return nil
				})(r)
			}
			outer := stage(func(*Request) error { return held(inflightRequest(httptest.NewRecorder(), "POST", pods)) })
			if err := outer(inflightRequest(httptest.NewRecorder(), "GET", pods)); err != nil {
				t.Fatal(err)
			}
			if called == c.refused || (told == 1) != c.refused {
				t.Errorf("handled %v, told %d times", called, told)
			}
		})
	}
}

// However a request ends, its seat is free afterwards; 0 is no limit.
func TestSeatsAreGivenBack(t *testing.T) {
	broken := errors.New("broken")
	stage := LimitInflight(Inflight{Reads: 1}, nil)
	try := func(h Handler) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = p.(error)
			}
		}()
		return stage(h)(inflightRequest(httptest.NewRecorder(), "GET", "/version"))
	}
	for name, h := range map[string]Handler{
		"answers": func(*Request) error { return nil },
		"fails":   func(*Request) error { return broken },
		"panics":  func(*Request) error { panic(broken) },
	} {
		_ = try(h)
		passed := false
		if err := try(func(*Request) error { passed = true; return nil }); err != nil || !passed {
			t.Errorf("after one that %s: %v", name, err)
		}
	}
	w, source := &carrier{ResponseRecorder: httptest.NewRecorder()}, &pieces{left: []string{"a"}}
	Serve(inflightRequest(w, "GET", "/version"), stage(func(r *Request) error {
		source.wake, _ = r.Detach(source)
		return nil
	}), slog.New(slog.DiscardHandler))
	refused := httptest.NewRecorder()
	if err := stage(func(*Request) error { return nil })(inflightRequest(refused, "GET", "/version")); err != nil || refused.Code != http.StatusTooManyRequests {
		t.Errorf("beside one that is carried on: %d %v", refused.Code, err)
	}
	source.left = []string{""}
	if err := w.carry(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := try(func(*Request) error { return nil }); err != nil {
		t.Error(err)
	}
	writes := 0
	var nested Handler
	nested = func(*Request) error {
		if writes++; writes == 1000 {
			return nil
		}
		return stage(nested)(inflightRequest(httptest.NewRecorder(), "POST", "/x"))
	}
	if _ = nested(nil); writes != 1000 {
		t.Errorf("%d writes at once where there is no limit", writes)
	}
}
