package consistency

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// kind is what a client did to one key.
type kind string

const (
	create kind = "create"
	// put replaces the object that the client saw, and nothing else.
	put kind = "put"
	// patch is unconditional; patchSeen has the resourceVersion that the client saw.
	patch     kind = "patch"
	patchSeen kind = "patch of what was seen"
	remove    kind = "delete"
	// removeSeen deletes only what the client saw.
	removeSeen kind = "delete of what was seen"
	get        kind = "get"
)

// outcome is what the client was told.
type outcome string

const (
	done outcome = "done"
	// absent: there is no such object. exists: there is one already. conflict: it is not the one that was seen.
	absent   outcome = "absent"
	exists   outcome = "exists"
	conflict outcome = "conflict"
	// unknown: no answer, or one that leaves open what happened.
	unknown outcome = "unknown"
)

// operation is one request about one key with its answer.
type operation struct {
	client int
	kind   kind
	key    string
	// value is what a write writes; no two operations write the same.
	value string
	// seen is the version that put, patchSeen and removeSeen are about.
	seen version
	// call and answer are when the request began and ended, since the beginning of the history.
	call, answer time.Duration
	outcome      outcome
	// got is the version that came back: what was written, read, or deleted (there only the uid).
	got version
}

// version is one state of an object. The zero version is its absence.
type version struct {
	value    string
	revision int64
	uid      string
}

// on says whether a value carries the label that one of the watches selects by.
func on(value string) bool { return value != "" && value[len(value)-1]%2 == 0 }

// form is a way to list.
type form string

const (
	newest      form = "newest"
	anyVersion  form = "any"
	notOlder    form = "not older than"
	exact       form = "exact"
	pages       form = "pages"
	watchedList form = "initial events of a watch"
)

// listing is a list of the whole collection.
type listing struct {
	client       int
	form         form
	call, answer time.Duration
	// asked is the revision that notOlder and exact name.
	asked    int64
	revision int64
	items    map[string]version
	// process is the server that answered; a restarted one is another.
	process int
}

// history is what all clients were told. It is safe for concurrent use while it is recorded.
type history struct {
	began    time.Time
	mu       sync.Mutex
	ops      []operation
	listings []listing
	// newest is the highest revision that anybody was told of.
	newest int64
	// written counts acknowledged writes.
	written int
	// faults are answers that are wrong by themselves.
	faults []string
}

func newHistory() *history { return &history{began: time.Now()} }

// now is monotonic.
func (h *history) now() time.Duration { return time.Since(h.began) }

func (h *history) add(o operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, o)
	h.newest = max(h.newest, o.got.revision)
	if o.kind != get && o.outcome == done {
		h.written++
	}
}

func (h *history) addListing(l listing) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listings = append(h.listings, l)
	h.newest = max(h.newest, l.revision)
}

func (h *history) fault(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, text)
}

func (h *history) known() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

func (h *history) acknowledged() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.written
}

// bounds says which revisions an answer can be about, from what others were told before and what they began afterwards.
type bounds struct {
	// before has, by time, the highest revision that somebody knew; after the lowest one that was begun later.
	before, after []moment
}

type moment struct {
	at       time.Duration
	revision int64
}

// newBounds needs the revision of each write that happened, acknowledged or not.
func newBounds(h *history, revisionOf func(operation) int64) bounds {
	var b bounds
	for _, o := range h.ops {
		if o.got.revision > 0 && o.outcome == done {
			b.before = append(b.before, moment{o.answer, o.got.revision})
		}
		if o.kind == get {
			continue
		}
		if revision := revisionOf(o); revision > 0 {
			b.after = append(b.after, moment{o.call, revision})
			if o.outcome == done {
				b.before = append(b.before, moment{o.answer, revision})
			}
		}
	}
	for _, l := range h.listings {
		b.before = append(b.before, moment{l.answer, l.revision})
	}
	byTime := func(x, y moment) int { return cmp.Compare(x.at, y.at) }
	slices.SortFunc(b.before, byTime)
	slices.SortFunc(b.after, byTime)
	for i := 1; i < len(b.before); i++ {
		b.before[i].revision = max(b.before[i].revision, b.before[i-1].revision)
	}
	for i := len(b.after) - 2; i >= 0; i-- {
		b.after[i].revision = min(b.after[i].revision, b.after[i+1].revision)
	}
	return b
}

// floor is the highest revision that somebody knew before a time.
func (b bounds) floor(at time.Duration) int64 {
	n, _ := slices.BinarySearchFunc(b.before, at, func(m moment, at time.Duration) int { return cmp.Compare(m.at, at) })
	if n == 0 {
		return 0
	}
	return b.before[n-1].revision
}

// never is a revision that no store reaches.
const never = int64(1) << 62

// ceiling is the lowest revision that was begun after a time: no answer from before can know it.
func (b bounds) ceiling(at time.Duration) int64 {
	n, _ := slices.BinarySearchFunc(b.after, at+1, func(m moment, at time.Duration) int { return cmp.Compare(m.at, at) })
	if n == len(b.after) {
		return never
	}
	return b.after[n].revision
}
