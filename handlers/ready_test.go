package handlers_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// gated is a store that loads nothing before the gate opens, or the caller gives up.
type gated struct {
	storage.Feeder
	gate chan struct{}
}

func (g *gated) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	select {
	case <-g.gate:
		return g.Feeder.Load(ctx, take)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// page gets a page that is no API object.
func (s *server) page(path string) (code int, header http.Header, text string) {
	s.t.Helper()
	resp, err := http.Get(s.http.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// A server that loads its store is alive and not ready; every request meanwhile is answered with 429. It is
// ready when all of it is loaded.
func TestReadyMeansLoaded(t *testing.T) {
	g := &gated{memory.New(memory.Options{}), make(chan struct{})}
	s := loadingServer(t, g)
	started := make(chan error, 1)
	go func() { started <- s.Start(context.Background()) }()
	for _, c := range []struct{ method, path string }{
		{"GET", configMaps}, {"GET", configMaps + "/a"}, {"GET", configMaps + "?watch=1"}, {"GET", configMaps + "?resourceVersion=0"},
		{"POST", configMaps}, {"PUT", configMaps + "/a"}, {"PATCH", configMaps + "/a"}, {"DELETE", configMaps + "/a"}, {"DELETE", configMaps},
	} {
		req, err := http.NewRequest(c.method, s.http.URL+c.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusOK {
			t.Fatalf("%s %s is answered without its store", c.method, c.path)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), `"message":"storage is (re)initializing"`) {
			t.Errorf("%s %s: %s, Retry-After %q, %s", c.method, c.path, resp.Status, resp.Header.Get("Retry-After"), body)
		}
	}
	for path, want := range map[string]int{
		"/livez": 200, "/livez/etcd": 200, "/readyz/etcd": 200, "/readyz/etcd-readiness": 200, "/readyz": 500, "/readyz/informer-sync": 500, "/version": 200, "/apis": 200,
	} {
		if code, _, text := s.page(path); code != want {
			t.Errorf("%s while loading: %d %s", path, code, text)
		}
	}
	if _, _, text := s.page("/readyz?verbose"); !strings.Contains(text, "[-]informer-sync failed: reason withheld") || !strings.Contains(text, "[+]etcd ok") {
		t.Errorf("/readyz?verbose while loading: %s", text)
	}
	select {
	case err := <-started:
		t.Fatalf("started without its store: %v", err)
	default:
	}
	close(g.gate)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/livez", "/readyz", configMaps} {
		if code, _, text := s.page(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
}

// failing is a store that fails its reads until it is mended.
type failing struct {
	storage.Feeder
	mended chan struct{}
}

func (f *failing) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	select {
	case <-f.mended:
		return f.Feeder.Load(ctx, take)
	default:
		return 0, storage.ErrUnavailable
	}
}

func (f *failing) Ready(ctx context.Context) error {
	select {
	case <-f.mended:
		return f.Feeder.Ready(ctx)
	default:
		return storage.ErrUnavailable
	}
}

// A server whose store is away at its start is neither ready nor alive, and comes up by itself once the store is back.
func TestStoreAwayAtTheStart(t *testing.T) {
	f := &failing{memory.New(memory.Options{}), make(chan struct{})}
	s := loadingServer(t, f)
	for path, want := range map[string]int{"/livez": 500, "/readyz": 500, "/livez/ping": 200, configMaps: 429} {
		if code, _, text := s.page(path); code != want {
			t.Errorf("%s without a store: %d %s, want %d", path, code, text, want)
		}
	}
	close(f.mended)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/livez", "/readyz", configMaps} {
		if code, _, text := s.page(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
}

// refusing is a store that has no space for the next few objects.
type refusing struct {
	storage.Feeder
	left atomic.Int64
}

func (r *refusing) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	if r.left.Add(-1) >= 0 {
		return 0, storage.ErrNoSpace
	}
	return r.Feeder.Create(ctx, key, value, ttl)
}

// A server whose store refuses what a cluster begins with, and has a role that cannot be read, serves nevertheless, so that it
// can be mended, and is ready by itself then.
func TestStartThatFails(t *testing.T) {
	r := &refusing{Feeder: memory.New(memory.Options{})}
	r.left.Store(3)
	if _, err := r.Feeder.Create(t.Context(), "/clusterroles/bad", []byte("garbage"), 0); err != nil {
		t.Fatal(err)
	}
	s := loadingServer(t, r)
	started := make(chan error, 1)
	go func() { started <- s.Start(context.Background()) }()
	for code := 0; code != http.StatusOK; code, _, _ = s.page("/api/v1/namespaces/kube-node-lease") {
		select {
		case err := <-started:
			t.Fatalf("started: %v", err)
		default:
		}
	}
	if code, out := s.do("POST", configMaps, configMap("a", "v")); code != http.StatusCreated {
		t.Errorf("writing meanwhile: %d %v", code, out)
	}
	if _, err := storage.Update(t.Context(), s.store, "/clusterroles/bad", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if code, _, text := s.page("/apis/rbac.authorization.k8s.io/v1/clusterroles/view"); code != http.StatusOK {
		t.Errorf("a default role: %d %s", code, text)
	}
}

// away is a store that cannot be asked any more.
type away struct {
	storage.Feeder
	gone atomic.Bool
}

func (a *away) Revision(ctx context.Context) (int64, error) {
	if a.gone.Load() {
		return 0, storage.ErrUnavailable
	}
	return a.Feeder.Revision(ctx)
}

// Who is content with what is at hand gets it while the store is away; nobody else gets what may be old.
func TestReadsWithoutAStore(t *testing.T) {
	a := &away{Feeder: memory.New(memory.Options{})}
	s := loadingServer(t, a)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if code, out := s.do("POST", configMaps, configMap("a", "v")); code != http.StatusCreated {
		t.Fatal(code, out)
	}
	if code, _ := s.do("GET", configMaps+"/a", nil); code != http.StatusOK {
		t.Fatal(code)
	}
	a.gone.Store(true)
	for path, want := range map[string]int{
		configMaps: 503, configMaps + "?resourceVersion=0": 200, configMaps + "/a": 503, configMaps + "/a?resourceVersion=0": 200,
		configMaps + "/none?resourceVersion=0": 404, "/api/v1/namespaces/default/events/a?resourceVersion=0": 503,
	} {
		if code, out := s.do("GET", path, nil); code != want {
			t.Errorf("%s: %d %v, want %d", path, code, out, want)
		}
	}
}
