package verb

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Meter counts the lists and watches of one resource. It is safe for concurrent use.
type Meter interface {
	// Listed counts a list that the cache answered: how many objects were looked at, found by an index of this name ("" for
	// by their keys), and how many of them were given.
	Listed(index string, looked, given int)
	// Waited counts how long a read waited until the cache was as fresh as it had to be.
	Waited(took time.Duration)
	// Consistent counts a list of the newest state, and whether it came about.
	Consistent(ok bool)
	// Sent counts an event by its size, Initial an object of the state that a watch begins with.
	Sent(size int)
	Initial()
	// Begins is a watch that tells its initial state, and gives what is to be called when it has told where that ends. That
	// keeps nothing of the request.
	Begins(r *pipeline.Request) (began func())
	// Slow counts a watch that was ended because its client did not take the events in time.
	Slow()
}

// meter is where the reads of a request's resource are counted.
func (h *Handlers) meter(r *pipeline.Request) Meter {
	if h.Meter == nil {
		return silent{}
	}
	return h.Meter(r.Resource)
}

// silent counts nothing.
type silent struct{}

func (silent) Listed(string, int, int)         {}
func (silent) Waited(time.Duration)            {}
func (silent) Consistent(bool)                 {}
func (silent) Sent(int)                        {}
func (silent) Initial()                        {}
func (silent) Begins(*pipeline.Request) func() { return func() {} }
func (silent) Slow()                           {}

// counted reads the page of a list, and counts it where the cache has answered.
func (h *Handlers) counted(ctx context.Context, r *pipeline.Request, options metav1.ListOptions, s *selection) (*page, error) {
	p, err := h.read(ctx, r, options, s)
	if err != nil || r.Resource.Strategy.Virtual != nil || p.stored {
		return p, err
	}
	given := p.size()
	h.meter(r).Listed(indexName(p.by), max(p.looked, given), given)
	return p, nil
}

// indexName is an index in upstream's words. Labels are not told apart: clients make their names up.
func indexName(of cache.Attribute) string {
	switch of.Of {
	case cache.Field:
		return "f:" + of.Name
	case cache.Label, cache.Labelled:
		return "l:"
	case cache.Owner:
		return "owner"
	}
	return ""
}

// size is how many objects the page has.
func (p *page) size() int {
	switch {
	case p.picked:
		return len(p.objects)
	case p.limit > 0:
		return p.limit
	}
	return p.view.Count(p.prefix, p.from)
}
