package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// pages are the paths that are not resources, each with what is below it. Paths are taken as they come: a multiplexer that
// cleans them would show authorization another path than the one it serves.
type pages struct {
	mounted map[string]http.Handler
	index   http.Handler
}

// ServeHTTP finds the page of the path or of the nearest path above it.
func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" || r.URL.Path == "/index.html" {
		p.index.ServeHTTP(w, r)
		return
	}
	if _, page := p.find(r.URL.Path); page != nil {
		page.ServeHTTP(w, r)
		return
	}
	notFoundPage(w)
}

// find is the page that a path belongs to and where that is mounted; nil when there is none.
func (p pages) find(path string) (string, http.Handler) {
	path = strings.TrimSuffix(path, "/")
	for ; path != ""; path = path[:max(0, strings.LastIndexByte(path, '/'))] {
		if page, found := p.mounted[path]; found {
			return path, page
		}
	}
	return "", nil
}

// notFoundPage is the answer for a path that belongs to nothing.
func notFoundPage(w http.ResponseWriter) { http.Error(w, "404 page not found", http.StatusNotFound) }

// alone is a page with nothing below it.
func alone(path string, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			notFoundPage(w)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// newPages mounts the documents and the health checks of s.
func newPages(s *Server) (pages, error) {
	discovery := docs.NewDiscovery(s.registry, s.options.Address)
	documents := docs.NewOpenAPI(s.registry)
	mounted := map[string]http.Handler{
		"/api": discovery, "/apis": discovery, "/version": http.HandlerFunc(docs.Version),
		"/openapi/v2": documents, "/openapi/v3": documents, "/swaggerapi": documents,
		"/healthz": s.options.Health, "/livez": s.options.Health, "/readyz": s.options.Health,
		"/metrics": alone("/metrics", s.options.Metrics),
	}
	if s.options.OpenID != nil {
		mounted[serviceaccount.ConfigurationPath], mounted[serviceaccount.KeysPath] = s.options.OpenID, s.options.OpenID
	}
	if s.options.SwaggerUI {
		mounted[userInterface] = docs.NewSwaggerUI(documents)
	}
	checks := s.options.Health
	checks.Log = s.options.Log
	// A server that loads a large store is alive, so these do not wait for the cache.
	store := health.Check{Name: "etcd", Probe: alive(reachable(s.options.Store, s.options.HealthTimeout))}
	ready := health.Check{Name: "etcd-readiness", Probe: reachable(s.options.Store, s.options.ReadyTimeout)}
	for _, err := range []error{
		checks.Add(health.All, health.Ping()),
		checks.Add(health.All, store),
		checks.Add(health.Readyz, ready),
		checks.Add(health.Readyz, health.Check{Name: "informer-sync", Probe: func(*http.Request) error { return cacheLoaded(s.options.Store) }}),
		checks.Add(health.Readyz, health.Shutdown(s.leaving)),
	} {
		if err != nil {
			return pages{}, fmt.Errorf("adding health checks: %w", err)
		}
	}
	return pages{mounted, index{slices.Collect(maps.Keys(mounted)), s.registry, s.options.Health}}, nil
}

// storeTimeout is how long a health check waits for the store: less than the timeouts of probes.
const storeTimeout = 2 * time.Second

func reachable(store *cache.Cache, timeout time.Duration) func(*http.Request) error {
	return func(r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		return store.Reachable(ctx)
	}
}

// alive lets a store pass that is over its quota: it answers reads and deletions, and a restart would not give it space.
func alive(ready func(*http.Request) error) func(*http.Request) error {
	return func(r *http.Request) error {
		if err := ready(r); !errors.Is(err, storage.ErrNoSpace) {
			return err
		}
		return nil
	}
}

var errNotLoaded = errors.New("the cache is not loaded yet")

func cacheLoaded(store *cache.Cache) error {
	select {
	case <-store.Loaded():
		return nil
	default:
		return errNotLoaded
	}
}

// userInterface is where Swagger UI is. A browser loads it before its user can log in, so everybody may: it holds the
// shape of the API, which is public, and no object.
const userInterface = "/swagger-ui"

func isUserInterface(info pipeline.Info) bool {
	return info.Path == userInterface || strings.HasPrefix(info.Path, userInterface+"/")
}
