package pipeline

import (
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

// Inflight limits the ordinary requests that are under way at once. 0 is no limit.
type Inflight struct {
	// Reads are get and list, Writes all others.
	Reads, Writes int
}

// LimitInflight answers 429 to a request beyond the limits. Long-running requests are not counted. Members of
// system:masters and probes are never refused: an administrator must be able to see to a server that is full, and a kubelet
// must not restart it. refused hears of each refusal; it may be nil.
//
// A seat is given back when the handler is done. What is left of its answer then is bounded by the connection.
func LimitInflight(limits Inflight, refused func(*Request)) Stage {
	reads, writes := &seats{limit: int64(limits.Reads)}, &seats{limit: int64(limits.Writes)}
	return func(next Handler) Handler {
		return func(r *Request) error {
			if r.LongRunning() {
				return next(r)
			}
			s := writes
			if r.Info.Verb == "get" || r.Info.Verb == "list" {
				s = reads
			}
			if !s.take() {
				if isProbe(r) || r.Privileged() {
					return next(r)
				}
				if refused != nil {
					refused(r)
				}
				tooManyRequests(r.Writer)
				return nil
			}
			return After(next, r, func(end End) error {
				s.taken.Add(-1)
				return end.Err
			})
		}
	}
}

// Privileged says whether the user is exempt from limits: an administrator must be able to see to a server that is full.
func (r *Request) Privileged() bool {
	return r.User != nil && slices.Contains(r.User.Groups, authn.GroupMasters)
}

// seats are the places for requests of one kind.
type seats struct {
	limit int64
	taken atomic.Int64
}

func (s *seats) take() bool {
	if s.taken.Add(1) <= s.limit || s.limit == 0 {
		return true
	}
	s.taken.Add(-1)
	return false
}

// isProbe says whether a request is what upstream's flow schema "probes" exempts.
func isProbe(r *Request) bool {
	switch r.Info.Path {
	case "/healthz", "/livez", "/readyz":
		return r.Info.Verb == "get"
	}
	return false
}

// tooManyRequests is upstream's answer: plain text, and no Status.
func tooManyRequests(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Too many requests, please try again later.", http.StatusTooManyRequests)
}
