package verb

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// pastAtOnce is how many objects are read together to pick from, of a state that the cache has forgotten. More are more
// memory, fewer are more readings, each of which costs etcd a walk of all keys that are left.
const pastAtOnce = 2000

// readPast fills a page from a state that only the store still knows. Of one object, and without a selector, nothing is read
// but what the page has; otherwise some objects at a time, of which those that match are kept, until the page is full.
func (h *Handlers) readPast(ctx context.Context, r *pipeline.Request, s *selection, p *page) error {
	p.picked = true
	from, part := p.from, int64(p.limit)
	only := s.key(r)
	switch {
	case only != "" && from == "":
		from, part = only, 1
	case !s.everything():
		only, part = "", pastAtOnce
	}
	for {
		got, err := h.Store.List(ctx, p.prefix, storage.ListOptions{From: from, Limit: part, Revision: p.revision})
		if err != nil {
			return err
		}
		for i, kv := range got.Items {
			e := h.Store.Entry(kv)
			ok, err := s.matchesEntry(e)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			p.objects = append(p.objects, e)
			if len(p.objects) == p.limit && only == "" {
				return p.past(e.Key, got.Remaining+int64(len(got.Items)-1-i), s.everything())
			}
		}
		if got.Remaining == 0 || only != "" {
			return nil
		}
		from = after(got.Items[len(got.Items)-1].Key)
	}
}

// past ends a full page whose last key is given, and after which there are more keys. How many of them match is known only
// where all do.
func (p *page) past(last string, left int64, all bool) error {
	if left == 0 {
		return nil
	}
	if all {
		p.remaining = &left
	}
	return p.goesOn(last)
}
