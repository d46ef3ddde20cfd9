package health

import (
	"bytes"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// ServeHTTP answers any method with a page (/readyz) or one check of it (/readyz/etcd, /readyz/poststarthook/<name>).
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-cache, private")
	name, check, single := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	page, ok := pages[name]
	if !ok {
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	}
	if single {
		serveCheck(w, req, r.on(page), check)
		return
	}
	r.servePage(w, req, name, r.on(page))
}

// serveCheck says what is wrong: a user with the right to a single check's path may know.
func serveCheck(w http.ResponseWriter, req *http.Request, checks []Check, name string) {
	for _, c := range checks {
		if c.Name != name {
			continue
		}
		if err := c.Probe(req); err != nil {
			http.Error(w, fmt.Sprintf("internal server error: %v", err), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		write(w, []byte("ok"))
		return
	}
	http.Error(w, "404 page not found", http.StatusNotFound)
}

func (r *Registry) servePage(w http.ResponseWriter, req *http.Request, page string, checks []Check) {
	query := req.URL.Query()
	// excluded turns true for what named a check or a group.
	excluded := map[string]bool{}
	for _, name := range query["exclude"] {
		excluded[name] = false
	}
	var lines bytes.Buffer
	failed := false
	for _, c := range checks {
		if _, skip := excluded[c.Name]; skip {
			excluded[c.Name] = true
			fmt.Fprintf(&lines, "[+]%s excluded: ok\n", c.Name)
			continue
		}
		if _, skip := excluded[c.Group]; skip && c.Group != "" {
			excluded[c.Group] = true
			fmt.Fprintf(&lines, "[+]%s excluded with %s: ok\n", c.Name, c.Group)
			continue
		}
		if err := c.Probe(req); err != nil {
			failed = true
			if r.Log != nil {
				r.Log.WarnContext(req.Context(), "Health check failed", "page", page, "check", c.Name, "error", err)
			}
			fmt.Fprintf(&lines, "[-]%s failed: reason withheld\n", c.Name)
			continue
		}
		fmt.Fprintf(&lines, "[+]%s ok\n", c.Name)
	}
	if unknown := unmatched(excluded); len(unknown) > 0 {
		fmt.Fprintf(&lines, "warn: some health checks cannot be excluded: no matches for %s\n", strings.Join(unknown, ","))
	}
	if failed {
		// All lines, also without verbose: the reader of a failing page wants to know what fails.
		http.Error(w, lines.String()+page+" check failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !query.Has("verbose") {
		write(w, []byte("ok"))
		return
	}
	fmt.Fprintf(&lines, "%s check passed\n", page)
	write(w, lines.Bytes())
}

// unmatched are the quoted names that excluded nothing.
func unmatched(excluded map[string]bool) []string {
	var out []string
	for name, matched := range excluded {
		if !matched {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	for i, name := range out {
		out[i] = strconv.Quote(name)
	}
	return out
}

// write sends the body. A failure means that the client went away, and there is nobody left to tell.
func write(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
