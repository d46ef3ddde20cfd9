package handlers_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/h2"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// stages counts what the audit log is told of watches, by stage.
type stages struct {
	mu    sync.Mutex
	count map[string]int
}

func (s *stages) Process(events ...*audit.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if e.Verb == "watch" {
			s.count[e.Stage]++
		}
	}
	return true
}

func (s *stages) Close() {}

func (s *stages) of(stage string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[stage]
}

// carrying is a server that speaks HTTP/2 by h2, started.
func carrying(t *testing.T, auditor *audit.Auditor) (*handlers.Server, *httptest.Server, *metrics.Metrics, *cache.Cache) {
	t.Helper()
	numbers := metrics.New(version.Info{})
	store := cache.New(numbers.Store(memory.New(memory.Options{})), cache.Options{})
	s, err := handlers.New(handlers.Options{Store: store, Authenticator: anyone{}, Authorizer: authz.AlwaysAllow{}, Metrics: numbers, Auditor: auditor})
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewUnstartedServer(s)
	served.EnableHTTP2 = true
	if err := h2.Configure(served.Config, h2.Options{}); err != nil {
		t.Fatal(err)
	}
	served.StartTLS()
	t.Cleanup(func() {
		s.Close()
		served.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	<-store.Loaded()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, served, numbers, store
}

// Over HTTP/2 connections carry the watches: they are under way, for audit and metrics, until clients leave or the server
// closes, and all of it ends then.
func TestWatchesThatConnectionsCarry(t *testing.T) {
	policy, err := audit.ParsePolicy([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]"))
	if err != nil {
		t.Fatal(err)
	}
	told := &stages{count: map[string]int{}}
	s, served, numbers, store := carrying(t, &audit.Auditor{Policy: policy, Sink: told, Log: slog.New(slog.DiscardHandler)})
	open := func() string {
		w := httptest.NewRecorder()
		numbers.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for line := range strings.Lines(w.Body.String()) {
			if rest, found := strings.CutPrefix(line, "apiserver_longrunning_requests{"); found && strings.Contains(rest, `resource="configmaps"`) {
				return strings.TrimSpace(rest[strings.LastIndexByte(rest, ' '):])
			}
		}
		return ""
	}
	eventually := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s are open, the log has %v", what, open(), told.count)
			}
		}
	}
	const n, leave = 100, 40
	ctx, gone := context.WithCancel(t.Context())
	defer gone()
	lines := make([]*bufio.Scanner, n)
	for i := range lines {
		of := t.Context()
		if i < leave {
			of = ctx
		}
		req, err := http.NewRequestWithContext(of, "GET", served.URL+configMaps+"?watch=1&resourceVersion=0", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := served.Client().Do(req)
		if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
			t.Fatalf("%+v, %v", res, err)
		}
		defer res.Body.Close()
		lines[i] = bufio.NewScanner(res.Body)
	}
	if open() != "100" || told.of(audit.StageStarted) != n || told.of(audit.StageComplete) != 0 {
		t.Errorf("%s are open, the log has %v", open(), told.count)
	}
	res, err := served.Client().Post(served.URL+configMaps, "application/json", strings.NewReader(`{"metadata":{"name":"a"}}`))
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatalf("%+v, %v", res, err)
	}
	defer res.Body.Close()
	for i := range lines {
		if !lines[i].Scan() || !strings.Contains(lines[i].Text(), `"ADDED"`) {
			t.Fatalf("watch %d: %q, %v", i, lines[i].Text(), lines[i].Err())
		}
	}
	gone()
	eventually("some have left", func() bool { return open() == "60" && told.of(audit.StageComplete) == leave })
	s.Close()
	for i := range lines[leave:] {
		if l := lines[leave+i]; l.Scan() || l.Err() != nil {
			t.Errorf("watch %d does not end in order: %q, %v", leave+i, l.Text(), l.Err())
		}
	}
	eventually("the server has closed", func() bool { return open() == "0" && told.of(audit.StageComplete) == n })
	if f := store.Stats().Followers; f != 0 {
		t.Errorf("%d followers are left", f)
	}
}

// A watch whose client takes nothing of the initial state ends in time, is counted and told to start over; while the server
// ends, it is waited for no longer than that drains.
func TestWatchThatTakesNothing(t *testing.T) {
	s, served, numbers, _ := carrying(t, nil)
	large := strings.Repeat("x", 900_000)
	for i := range 10 { // Go's client has a window of 4 MB
		res, err := served.Client().Post(served.URL+configMaps, "application/json",
			strings.NewReader(fmt.Sprintf(`{"metadata":{"name":"a%d"},"data":{"a":%q}}`, i, large)))
		if err != nil || res.StatusCode != http.StatusCreated {
			t.Fatalf("%+v, %v", res, err)
		}
		_ = res.Body.Close()
	}
	watch := func(query string) *http.Response {
		t.Helper()
		res, err := served.Client().Get(served.URL + configMaps + "?watch=1&resourceVersion=0" + query)
		if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
			t.Fatalf("%+v, %v", res, err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	until := func(line string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			w := httptest.NewRecorder()
			numbers.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			if strings.Contains(w.Body.String(), line+"\n") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("it is never so that %s", line)
			}
		}
	}
	short := watch("&timeoutSeconds=1")
	until(`apiserver_terminated_watchers_total{group="",resource="configmaps"} 1`)
	got, err := io.ReadAll(short.Body)
	if last := got[bytes.LastIndexByte(bytes.TrimSpace(got), '\n')+1:]; err != nil || !bytes.Contains(last, []byte(`"code":410`)) {
		t.Errorf("in the end %.300q, %v", last, err)
	}
	watch("")
	until(`apiserver_init_events_total{group="",resource="configmaps"} 10`) // five for each fill its window
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := served.Config.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v", err)
	}
	_ = served.Config.Close()
}
