package health

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func pass(name string) Check {
	return Check{Name: name, Probe: func(*http.Request) error { return nil }}
}

func registry(t *testing.T, stop chan struct{}, etcd *error) *Registry {
	t.Helper()
	r := &Registry{}
	grouped := pass("kms-provider-0")
	grouped.Group = "kms-providers"
	for _, add := range []struct {
		on Page
		Check
	}{
		{All, Ping()}, {Healthz | Livez, pass("loopback-serving-certificate")},
		{All, Check{Name: "etcd", Probe: func(*http.Request) error { return *etcd }}},
		{Readyz, grouped}, {Readyz, Shutdown(stop)},
	} {
		if err := r.Add(add.on, add.Check); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func do(r http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

// The texts are upstream's.
func TestPages(t *testing.T) {
	var etcd error
	stop := make(chan struct{})
	r := registry(t, stop, &etcd)
	type answer struct {
		path string
		code int
		body string
	}
	check := func(state string, answers ...answer) {
		t.Helper()
		for _, a := range answers {
			w := do(r, "GET", a.path)
			if w.Code != a.code || w.Body.String() != a.body || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%s, %s: %d %v\n%s", state, a.path, w.Code, w.Header(), w.Body)
			}
		}
	}
	check("all well",
		answer{"/healthz", 200, "ok"},
		answer{"/livez?verbose", 200, "[+]ping ok\n[+]loopback-serving-certificate ok\n[+]etcd ok\nlivez check passed\n"},
		answer{"/readyz?verbose=1", 200, "[+]ping ok\n[+]etcd ok\n[+]kms-provider-0 ok\n[+]shutdown ok\nreadyz check passed\n"},
		answer{"/readyz?verbose&exclude=etcd&exclude=foo&exclude=bar&exclude=kms-providers", 200,
			"[+]ping ok\n[+]etcd excluded: ok\n[+]kms-provider-0 excluded with kms-providers: ok\n[+]shutdown ok\n" +
				"warn: some health checks cannot be excluded: no matches for \"bar\",\"foo\"\nreadyz check passed\n"},
		answer{"/readyz/etcd", 200, "ok"},
		answer{"/readyz/etcd?verbose", 200, "ok"},
		answer{"/livez/shutdown", 404, "404 page not found\n"},
		answer{"/livez/", 404, "404 page not found\n"},
		answer{"/nopez", 404, "404 page not found\n"},
	)
	etcd = errors.New("error getting data from etcd: timed out")
	check("no etcd",
		answer{"/livez", 500, "[+]ping ok\n[+]loopback-serving-certificate ok\n[-]etcd failed: reason withheld\nlivez check failed\n"},
		answer{"/livez?exclude=etcd", 200, "ok"},
		answer{"/livez/etcd", 500, "internal server error: error getting data from etcd: timed out\n"},
	)
	etcd = nil
	close(stop)
	check("shutting down",
		answer{"/livez", 200, "ok"},
		answer{"/readyz", 500, "[+]ping ok\n[+]etcd ok\n[+]kms-provider-0 ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n"},
	)
}

func TestMethods(t *testing.T) {
	var etcd error
	r := registry(t, make(chan struct{}), &etcd)
	for method, code := range map[string]int{"GET": 200, "HEAD": 200, "POST": 200, "PUT": 200, "DELETE": 200} {
		for _, path := range []string{"/readyz", "/readyz/etcd"} {
			if w := do(r, method, path); w.Code != code {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

func TestHook(t *testing.T) {
	r := &Registry{}
	done, err := r.Hook("rbac/bootstrap-roles")
	if err != nil {
		t.Fatal(err)
	}
	const path = "/livez/poststarthook/rbac/bootstrap-roles"
	if w := do(r, "GET", path); w.Code != 500 || w.Body.String() != "internal server error: not finished\n" {
		t.Errorf("before: %d %s", w.Code, w.Body)
	}
	if err := r.Ready(nil); err == nil || !errors.Is(err, errNotFinished) || !strings.Contains(err.Error(), "poststarthook/rbac/bootstrap-roles") {
		t.Errorf("ready before: %v", err)
	}
	done()
	done()
	if w := do(r, "GET", path); w.Code != 200 {
		t.Errorf("after: %d %s", w.Code, w.Body)
	}
	if err := r.Ready(nil); err != nil {
		t.Errorf("ready after: %v", err)
	}
	if _, err := r.Hook("rbac/bootstrap-roles"); !errors.Is(err, ErrDuplicate) {
		t.Errorf("twice: %v", err)
	}
}

func TestLogWriter(t *testing.T) {
	from, to := io.Pipe()
	l := NewLogWriter(to)
	now := time.Now()
	started := make(chan struct{})
	l.now = func() time.Time { // called first by Write, with the lock held
		if started != nil {
			close(started)
			started = nil
		}
		return now
	}
	began, written := started, make(chan error)
	go func() {
		_, err := l.Write([]byte("line"))
		written <- err
	}()
	<-began
	probe := func(after time.Duration) error {
		l.mu.Lock()
		l.now = func() time.Time { return now.Add(after) }
		l.mu.Unlock()
		return l.Check().Probe(nil)
	}
	if err := probe(blockedAfter); err != nil {
		t.Errorf("too early: %v", err)
	}
	if err := probe(blockedAfter + 1); !errors.Is(err, errLogBlocked) {
		t.Errorf("blocked: %v", err)
	}
	line := make([]byte, 4)
	if _, err := io.ReadFull(from, line); err != nil || string(line) != "line" {
		t.Fatal(err, string(line))
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err := probe(time.Hour); err != nil {
		t.Errorf("after the write: %v", err)
	}
}
