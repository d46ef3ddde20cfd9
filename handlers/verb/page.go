package verb

import (
	"context"
	"iter"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// page is one answer to a list: a run of keys of one state, or objects that were picked out of it. It holds no copy of
// anything.
type page struct {
	revision  int64
	next      string
	remaining *int64

	// looked is how many objects were looked at to pick from, which the index of by has found; stored says that the state is
	// one that only the store still knows.
	looked int
	by     cache.Attribute
	stored bool
	// picked says that the page is objects, not a run.
	picked  bool
	objects []*cache.Entry
	// The run is that of the keys under prefix, from the key from on, at most limit of them; 0 is all.
	view         cache.View
	prefix, from string
	limit        int
}

// pickedAtOnce is how many picked objects are encoded together: as many as a leaf of the cache has.
const pickedAtOnce = 32

// leaves calls yield with the page's objects in their order, some at a time.
func (p *page) leaves(yield func(cache.Leaf) bool) {
	if p.picked {
		for part := range slices.Chunk(p.objects, pickedAtOnce) {
			if !yield(cache.Leaf{Entries: part}) {
				return
			}
		}
		return
	}
	left := p.limit
	p.view.Leaves(p.prefix, p.from, func(l cache.Leaf) bool {
		if p.limit > 0 && len(l.Entries) > left {
			l = cache.Leaf{Entries: l.Entries[:left]}
		}
		if left -= len(l.Entries); len(l.Entries) > 0 && !yield(l) {
			return false
		}
		return p.limit == 0 || left > 0
	})
}

// entries are the page's objects one by one.
func (p *page) entries(yield func(*cache.Entry) bool) {
	p.leaves(func(l cache.Leaf) bool {
		for _, e := range l.Entries {
			if !yield(e) {
				return false
			}
		}
		return true
	})
}

// skip takes the first n objects, the last of which is given, off the page.
func (p *page) skip(n int, last *cache.Entry) {
	if p.picked {
		p.objects = p.objects[n:]
		return
	}
	p.from = after(last.Key)
	if p.limit > 0 {
		p.limit -= n
	}
}

func (p *page) empty() bool {
	for range p.entries {
		return false
	}
	return true
}

// pairs are the page's objects unpacked, all at once.
func (p *page) pairs() (all []storage.KeyValue, err error) {
	for e := range p.entries {
		value, err := e.Value(nil)
		if err != nil {
			return nil, err
		}
		all = append(all, storage.KeyValue{Key: e.Key, Value: value, Revision: e.Revision})
	}
	return all, nil
}

// unpack is an entry's value, which is valid until release.
func unpack(e *cache.Entry) (value []byte, release func(), err error) {
	buffer := buffers.Get().(*[]byte)
	if value, err = e.Value((*buffer)[:0]); err == nil && e.Packed() && cap(value) <= largeBuffer {
		*buffer = value
	}
	return value, func() { buffers.Put(buffer) }, err
}

// unpacked are the values and revisions of entries. A value is valid until the next one comes.
func unpacked(entries iter.Seq[*cache.Entry], failed *error) iter.Seq2[[]byte, int64] {
	return func(yield func([]byte, int64) bool) {
		for e := range entries {
			value, release, err := unpack(e)
			if err != nil {
				*failed = err
				return
			}
			more := yield(value, e.Revision)
			if release(); !more {
				return
			}
		}
	}
}

// read finds a page: the objects that match, up to the limit, all of one revision.
func (h *Handlers) read(ctx context.Context, r *pipeline.Request, options metav1.ListOptions, s *selection) (*page, error) {
	if r.Resource.Strategy.Virtual != nil {
		return h.readVirtual(ctx, r, s)
	}
	// The version of a page is exact unless the client says otherwise; of one object there are no pages.
	if options.ResourceVersion != "" && options.ResourceVersionMatch == "" && s.key(r) != "" {
		options.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
	}
	p := &page{prefix: collectionPrefix(r), limit: limit(r, options)}
	if err := h.state(ctx, r, options, p); err != nil {
		return nil, err
	}
	switch {
	case p.stored:
		release, err := h.room.wait(r, pastRoom)
		if err != nil {
			return nil, err
		}
		defer release()
		return p, h.listError(h.readPast(ctx, r, s, p), options, r, p.revision)
	case s.everything():
		return p, p.cut()
	}
	return p, p.pick(h, r, s, options)
}

// limit is the greatest number of items on a page; 0 is all of them, and so is a negative number. resourceVersion=0 ignores
// the limit, as upstream does: reflectors rely on it for their first list. Resources without a watch cache upstream (events)
// have pages there too.
func limit(r *pipeline.Request, options metav1.ListOptions) int {
	if options.ResourceVersion == "0" && !r.Resource.Uncached {
		return 0
	}
	return int(max(0, options.Limit))
}

// state finds the state that a list asks for, or says that only the store still knows it.
func (h *Handlers) state(ctx context.Context, r *pipeline.Request, options metav1.ListOptions, p *page) error {
	from, exact, least, err := listRevision(options, p.prefix)
	if err != nil {
		return err
	}
	p.from = from
	meter, begin := h.meter(r), time.Now()
	switch {
	case exact > 0:
		var known bool
		if p.view, known, err = h.Store.ViewAt(ctx, exact); err == nil && !known {
			p.revision, p.stored = exact, true
			return nil
		}
	case least > 0:
		p.view, err = h.atLeast(r, least)
		meter.Waited(time.Since(begin))
	case options.ResourceVersion == "0" && !r.Resource.Uncached:
		p.view, err = h.newest(ctx, r, options.ResourceVersion)
	default:
		p.view, err = h.Store.View(ctx)
		meter.Waited(time.Since(begin))
		if options.ResourceVersionMatch == "" { // no list has one without a version, so it is one and no watch's beginning
			meter.Consistent(err == nil)
		}
	}
	p.revision = p.view.Revision
	return h.listError(err, options, r, exact)
}

// cut ends a page without a selector at its limit and says how it goes on.
func (p *page) cut() error {
	total := p.view.Count(p.prefix, p.from)
	if p.limit == 0 || total <= p.limit {
		p.limit = 0
		return nil
	}
	var last *cache.Entry
	for e := range p.entries {
		last = e
	}
	left := int64(total - p.limit)
	p.remaining = &left
	return p.goesOn(last.Key)
}

func (p *page) goesOn(last string) (err error) {
	p.next, err = encodeContinue(after(last), p.prefix, p.revision)
	return err
}

// pick keeps the objects that match, up to the limit. How many more do is not known then, but whether there are keys left
// to look at is.
func (p *page) pick(h *Handlers, r *pipeline.Request, s *selection, options metav1.ListOptions) (err error) {
	limit := p.limit
	p.limit = 0
	var picked []*cache.Entry
	consider := func(e *cache.Entry) bool {
		p.looked++
		var ok bool
		if ok, err = s.matchesEntry(e); ok {
			picked = append(picked, e)
		}
		return err == nil && (limit == 0 || len(picked) < limit)
	}
	key, left := s.key(r), 0
	switch {
	case key != "" && options.Continue == "":
		if e := p.view.Get(key); e != nil {
			consider(e)
		}
	default:
		query := cache.Query{Scope: r.Resource.Prefix(), Prefix: p.prefix, From: p.from, Terms: s.terms()}
		if only := s.namespace(r); only != r.Info.Namespace {
			query.Prefix = r.Resource.Keys().Within(only)
		}
		p.by = h.Store.Select(p.view, query, consider)
		if limit > 0 && len(picked) == limit {
			left = p.view.Count(p.prefix, after(picked[limit-1].Key))
		}
	}
	p.objects, p.picked = picked, true
	if err != nil || left == 0 {
		return err
	}
	return p.goesOn(picked[len(picked)-1].Key)
}
