package handlers_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// anyone takes every request as the same user.
type anyone struct{}

func (anyone) Authenticate(*http.Request) (*resource.UserInfo, error) {
	return &resource.UserInfo{Name: "tester", Groups: []string{authn.GroupAuthenticated}}, nil
}

// server is a whole server on a store of its own, served over HTTP.
type server struct {
	*handlers.Server
	t     *testing.T
	store *cache.Cache
	http  *httptest.Server
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := loadingServer(t, memory.New(memory.Options{}))
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// loadingServer serves already but is not started.
func loadingServer(t *testing.T, backend storage.Feeder) *server {
	t.Helper()
	numbers := metrics.New(version.Info{})
	indexer := &codec.Indexer{}
	store := cache.New(numbers.Store(backend), cache.Options{Attributes: indexer.Attributes, Handed: numbers.Handed})
	s, err := handlers.New(handlers.Options{Store: store, Indexer: indexer, Authenticator: anyone{}, Authorizer: authz.AlwaysAllow{}, Metrics: numbers})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, s, store)
}

// serve serves over HTTP, until the test ends.
func serve(t *testing.T, s *handlers.Server, store *cache.Cache) *server {
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		h.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &server{Server: s, t: t, store: store, http: h}
}

type object map[string]any

func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// do sends a request and returns the status code and the decoded answer.
func (s *server) do(method, path string, body any) (int, object) {
	s.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, s.http.URL+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	switch {
	case method == http.MethodPatch && strings.Contains(path, "fieldManager="):
		req.Header.Set("Content-Type", "application/apply-patch+yaml")
	case method == http.MethodPatch:
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	defer res.Body.Close()
	var out object
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && !errors.Is(err, io.EOF) {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, out
}

const configMaps = "/api/v1/namespaces/default/configmaps"

func configMap(name, value string) object {
	return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name}, "data": map[string]any{"n": value}}
}

// Writers that read, change and write back with the version they read must never overwrite each other's work; patches
// never fail and never get lost.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	s := newServer(t)
	if code, out := s.do("POST", configMaps, configMap("counter", "0")); code != http.StatusCreated {
		t.Fatal(code, out)
	}
	const writers, each = 8, 10
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := 0; n < each; {
				_, current := s.do("GET", configMaps+"/counter", nil)
				var count int
				if _, err := fmt.Sscan(current.at("data", "n").(string), &count); err != nil {
					t.Error(err)
					return
				}
				current["data"].(map[string]any)["n"] = fmt.Sprint(count + 1)
				switch code, out := s.do("PUT", configMaps+"/counter", current); code {
				case http.StatusOK:
					n++
				case http.StatusConflict:
				default:
					t.Errorf("PUT: %d %v", code, out)
					return
				}
			}
			for n := range each {
				if code, out := s.do("PATCH", configMaps+"/counter", fmt.Sprintf(`{"data":{"w%d-%d":"x"}}`, w, n)); code != http.StatusOK {
					t.Errorf("PATCH: %d %v", code, out)
				}
			}
		})
	}
	all.Wait()
	_, out := s.do("GET", configMaps+"/counter", nil)
	if got, want := out.at("data", "n"), fmt.Sprint(writers*each); got != want {
		t.Errorf("counted to %v, want %s", got, want)
	}
	if got := len(out["data"].(map[string]any)); got != writers*each+1 {
		t.Errorf("%d entries, want %d", got, writers*each+1)
	}
}

func (s *server) compact(revision any) {
	s.t.Helper()
	var n int64
	if _, err := fmt.Sscan(revision.(string), &n); err != nil {
		s.t.Fatal(err)
	}
	if err := storage.Compactor(s.store).Compact(context.Background(), n); err != nil {
		s.t.Fatal(err)
	}
}

// After a compaction a watch from before it, and a list that goes on from before it, are told so with 410, and the list
// gets a token to go on with all the same.
func TestGoneAfterCompaction(t *testing.T) {
	s := newServer(t)
	_, first := s.do("POST", configMaps, configMap("a", "0"))
	s.do("POST", configMaps, configMap("b", "0"))
	_, page := s.do("GET", configMaps+"?limit=1", nil)
	token, _ := page.at("metadata", "continue").(string)
	var last object
	for i := range 5 {
		_, last = s.do("PATCH", configMaps+"/a", fmt.Sprintf(`{"data":{"n":"%d"}}`, i))
	}
	s.compact(last.at("metadata", "resourceVersion"))

	code, out := s.do("GET", configMaps+"?limit=1&continue="+token, nil)
	if code != http.StatusGone || out["reason"] != "Expired" {
		t.Errorf("continue: %d %v", code, out)
	}
	fresh, _ := out.at("metadata", "continue").(string)
	if code, out := s.do("GET", configMaps+"?limit=1&continue="+fresh, nil); code != http.StatusOK || len(out["items"].([]any)) != 1 {
		t.Errorf("with the fresh token: %d %v", code, out)
	}
	version := first.at("metadata", "resourceVersion").(string)
	code, event := s.do("GET", configMaps+"?watch=1&resourceVersion="+version, nil)
	if code == http.StatusGone {
		event = object{"type": "ERROR", "object": map[string]any(event)}
	}
	if event["type"] != "ERROR" || event.at("object", "reason") != "Expired" || event.at("object", "code") != 410.0 {
		t.Errorf("watch: %d %v", code, event)
	}
	code, out = s.do("GET", configMaps+"?resourceVersionMatch=Exact&resourceVersion="+version, nil)
	if code != http.StatusGone || out["reason"] != "Expired" {
		t.Errorf("exact list: %d %v", code, out)
	}
}

// Closing the server ends its watches, so that connections can drain; requests are still answered.
func TestCloseEndsWatches(t *testing.T) {
	s := newServer(t)
	res, err := http.Get(s.http.URL + configMaps + "?watch=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	s.do("POST", configMaps, configMap("a", "0"))
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || !strings.Contains(lines.Text(), `"ADDED"`) {
		t.Fatalf("no event: %q %v", lines.Text(), lines.Err())
	}
	s.Close()
	ended := make(chan bool)
	go func() { ended <- lines.Scan() }()
	select {
	case more := <-ended:
		if more {
			t.Errorf("an event after the end: %s", lines.Text())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the watch goes on")
	}
	if code, _ := s.do("GET", configMaps+"/a", nil); code != http.StatusOK {
		t.Errorf("GET while closing: %d", code)
	}
	ready, err := http.Get(s.http.URL + "/readyz/shutdown")
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Body.Close()
	if ready.StatusCode == http.StatusOK {
		t.Error("a server that is closing says it is ready")
	}
}

// Every write is seen by a watch exactly once and in order, under concurrent writes.
func TestWatchSeesEveryWriteOnce(t *testing.T) {
	s := newServer(t)
	_, list := s.do("GET", configMaps, nil)
	res, err := http.Get(s.http.URL + configMaps + "?watch=1&resourceVersion=" + list.at("metadata", "resourceVersion").(string))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	const writers, each = 4, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := range each {
				if code, out := s.do("POST", configMaps, configMap(fmt.Sprintf("w%d-%d", w, n), "0")); code != http.StatusCreated {
					t.Errorf("%d %v", code, out)
				}
			}
		})
	}
	seen := map[string]bool{}
	last := int64(0)
	events := json.NewDecoder(res.Body)
	for len(seen) < writers*each {
		var e object
		if err := events.Decode(&e); err != nil {
			t.Fatal(err)
		}
		name := e.at("object", "metadata", "name").(string)
		if e["type"] != "ADDED" || seen[name] {
			t.Errorf("%v of %s, seen before: %v", e["type"], name, seen[name])
		}
		seen[name] = true
		var revision int64
		if _, err := fmt.Sscan(e.at("object", "metadata", "resourceVersion").(string), &revision); err != nil || revision <= last {
			t.Errorf("revision %d after %d (%v)", revision, last, err)
		}
		last = revision
	}
	all.Wait()
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	s := newServer(t)
	huge := configMap("huge", strings.Repeat("x", 4<<20))
	for _, c := range [][2]string{{"POST", configMaps}, {"PUT", configMaps + "/huge"}, {"PATCH", configMaps + "/huge"}} {
		if code, out := s.do(c[0], c[1], huge); code != http.StatusRequestEntityTooLarge || out["reason"] != "RequestEntityTooLarge" {
			t.Errorf("%s: %d %v", c[0], code, out["message"])
		}
	}
	// What passes as a body can still be more than the store takes in one piece.
	if code, out := s.do("POST", "/api/v1/namespaces/default/secrets", object{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "large"}, "stringData": map[string]any{"a": strings.Repeat("y", 2<<20)},
	}); code < 400 || code >= 500 {
		t.Errorf("a secret of 2 MiB: %d %v", code, out["message"])
	}
}
