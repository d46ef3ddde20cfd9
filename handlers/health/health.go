// Package health answers /healthz, /livez and /readyz from named checks that the parts of the server add while it
// starts. What a failing check says goes to the log and to its own path; the page that anybody may read withholds it.
package health

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Check is one named condition.
type Check struct {
	Name string
	// Group lets ?exclude= name many checks at once; empty for none.
	Group string
	// Probe is nil when all is well. It runs on every request to the page, so it must not wait long.
	Probe func(*http.Request) error
}

// Page is one of the three pages, or several.
type Page uint8

// The pages of a server.
const (
	Healthz Page = 1 << iota
	Livez
	Readyz
	All = Healthz | Livez | Readyz
)

var pages = map[string]Page{"healthz": Healthz, "livez": Livez, "readyz": Readyz}

// Registry holds the checks in the order in which they were added, which is that of the pages. It is safe for concurrent
// use: checks come while requests are served.
type Registry struct {
	// LiveGrace is for how long after its making a hook that has not finished does not make /livez fail.
	LiveGrace time.Duration
	// Log hears of failing checks; nil discards it. It is set before the first request.
	Log    *slog.Logger
	mu     sync.RWMutex
	checks []entry
}

type entry struct {
	Check
	page Page
}

// ErrDuplicate is returned for a name that a page already has.
var ErrDuplicate = errors.New("a health check of this name is already there")

// Add puts a check on the given pages.
func (r *Registry) Add(on Page, c Check) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.checks {
		if e.Name == c.Name && e.page&on != 0 {
			return ErrDuplicate
		}
	}
	r.checks = append(r.checks, entry{c, on})
	return nil
}

var errNotFinished = errors.New("not finished")

// Hook adds poststarthook/<name> to all pages. It fails until done is called; calling done again does no harm.
func (r *Registry) Hook(name string) (done func(), err error) {
	finished, made := make(chan struct{}), time.Now()
	probe := func(*http.Request) error {
		select {
		case <-finished:
			return nil
		default:
			return errNotFinished
		}
	}
	name = "poststarthook/" + name
	if err = r.Add(Healthz|Readyz, Check{Name: name, Probe: probe}); err == nil {
		err = r.Add(Livez, Check{Name: name, Probe: func(req *http.Request) error {
			if time.Since(made) < r.LiveGrace {
				return nil
			}
			return probe(req)
		}})
	}
	return sync.OnceFunc(func() { close(finished) }), err
}

func (r *Registry) on(p Page) []Check {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []Check
	for _, e := range r.checks {
		if e.page&p != 0 {
			out = append(out, e.Check)
		}
	}
	return slices.Clip(out)
}

// Paths are those of the pages and of their checks.
func (r *Registry) Paths() (out []string) {
	for name, page := range pages {
		out = append(out, "/"+name)
		for _, c := range r.on(page) {
			out = append(out, "/"+name+"/"+c.Name)
		}
	}
	return out
}

// Ready runs the checks of /readyz and is nil when all of them pass.
func (r *Registry) Ready(req *http.Request) error {
	var errs []error
	for _, c := range r.on(Readyz) {
		if err := c.Probe(req); err != nil {
			errs = append(errs, &Failure{Name: c.Name, Err: err})
		}
	}
	return errors.Join(errs...)
}

// Failure is a check that failed, and why.
type Failure struct {
	Name string
	Err  error
}

func (f *Failure) Error() string { return f.Name + ": " + f.Err.Error() }

// Unwrap is what the check said.
func (f *Failure) Unwrap() error { return f.Err }
