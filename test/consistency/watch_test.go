package consistency

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// event is what a watch is told.
type event struct {
	kind string
	key  string
	now  version
}

// watcher follows the collection, or what it selects of it, over all reconnects. What it was told belongs to its
// goroutine until that has ended.
type watcher struct {
	*api
	name string
	// query is added to every request; selects says what it selects.
	query   url.Values
	selects func(key string, v version) bool
	// impatient ones hang up after so many events; 0 means never.
	impatient int
	// relists makes it begin with the whole state at every other connection, not where it was.
	relists bool

	// start is where it begins, without the state there.
	start  int64
	events []event
	// reached is the revision up to which it was told everything.
	reached     atomic.Int64
	connections int
	// segments are the places in events at which the watch began anew, with the revision it had then.
	segments []segment
}

// segment is a run of events after a revision. When another segment follows, until is how far it got.
type segment struct {
	from, until int64
	first       int
}

func (w *watcher) follow(ctx context.Context) {
	w.reached.Store(w.start)
	w.segments = []segment{{from: w.start}}
	for ctx.Err() == nil {
		w.connect(ctx)
		rest(ctx, 5*pause)
	}
}

// connect watches once, until the connection ends.
func (w *watcher) connect(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	query := url.Values{}
	maps.Copy(query, w.query)
	query.Set("watch", "true")
	query.Set("allowWatchBookmarks", "true")
	anew := w.relists && w.connections%2 == 1
	if anew {
		query.Set("sendInitialEvents", "true")
		query.Set("resourceVersionMatch", "NotOlderThan")
	}
	query.Set("resourceVersion", strconv.FormatInt(w.reached.Load(), 10))
	at := w.server()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.url+w.path()+"?"+query.Encode(), nil)
	if err != nil {
		w.h.fault(err.Error())
		return
	}
	began := w.h.now()
	answer, err := at.client.Do(r)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		if answer.StatusCode < 500 && answer.StatusCode != http.StatusTooManyRequests {
			body, err := io.ReadAll(answer.Body)
			w.h.fault(fmt.Sprintf("watch %s from %d: %s %s %v", w.name, w.reached.Load(), answer.Status, body, err))
		}
		return
	}
	w.connections++
	frames := json.NewDecoder(answer.Body)
	if anew && !w.initial(frames, began) {
		return
	}
	for n := 0; w.impatient == 0 || n < w.impatient; n++ {
		if e, ok := w.next(frames); !ok {
			return
		} else if e.kind != "BOOKMARK" {
			w.events = append(w.events, e)
		}
	}
}

// initial reads the state that a watch begins with, up to the bookmark that ends it. It is as good as a list.
func (w *watcher) initial(frames *json.Decoder, began time.Duration) bool {
	l := listing{client: w.id, form: watchedList, call: began, items: map[string]version{}}
	for {
		var frame frame
		if frames.Decode(&frame) != nil {
			return false
		}
		if frame.Type == "ERROR" && frame.Object.Code == http.StatusGatewayTimeout {
			return false // the version does not come in time while etcd is away
		}
		e, err := frame.event()
		_, twice := l.items[e.key]
		switch {
		case err != nil:
			w.h.fault(fmt.Sprintf("watch %s: initial event: %v", w.name, err))
			return false
		case e.kind == "BOOKMARK" && frame.Object.Metadata.Annotations["k8s.io/initial-events-end"] == "true":
			l.revision, l.answer = e.now.revision, w.h.now()
			w.h.addListing(l)
			w.segments[len(w.segments)-1].until = w.reached.Swap(l.revision)
			w.segments = append(w.segments, segment{from: l.revision, first: len(w.events)})
			return true
		case e.kind == "ADDED" && !twice:
			l.items[e.key] = e.now
		default:
			w.h.fault(fmt.Sprintf("watch %s: %s of %s among the initial events, seen before: %v", w.name, e.kind, e.key, twice))
			return false
		}
	}
}

// next reads one event and moves on to its revision.
func (w *watcher) next(frames *json.Decoder) (event, bool) {
	var frame frame
	if frames.Decode(&frame) != nil {
		return event{}, false // the connection ended, perhaps within an event
	}
	e, err := frame.event()
	before := w.reached.Load()
	switch {
	case err != nil:
		w.h.fault(fmt.Sprintf("watch %s after %d: %v", w.name, before, err))
		return event{}, false
	case e.kind == "BOOKMARK" && e.now.revision < before, e.kind != "BOOKMARK" && e.now.revision <= before:
		w.h.fault(fmt.Sprintf("watch %s: %s of %s at %d after %d", w.name, e.kind, e.key, e.now.revision, before))
	}
	w.reached.Store(max(before, e.now.revision))
	return e, true
}

type frame struct {
	Type   string `json:"type"`
	Object object `json:"object"`
}

func (f frame) event() (event, error) {
	if f.Type == "ERROR" {
		return event{}, fmt.Errorf("error event: %d %s %s", f.Object.Code, f.Object.Reason, f.Object.Message)
	}
	v, err := f.Object.version()
	return event{f.Type, f.Object.Metadata.Name, v}, err
}

// verify compares what the watch was told with the truth up to a revision.
func (w *watcher) verify(t *truth, end int64) []string {
	var faults []string
	for i, s := range w.segments {
		last, told := end, w.events[s.first:]
		if i+1 < len(w.segments) {
			last, told = s.until, w.events[s.first:w.segments[i+1].first]
		}
		faults = append(faults, w.compare(t.turns(w.selects, s.from, last), told)...)
	}
	return faults
}

func (w *watcher) compare(want, got []event) []string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return []string{fmt.Sprintf("watch %s: %v is more than happened", w.name, got[i])}
		case i >= len(got):
			return []string{fmt.Sprintf("watch %s: %v and %d more are missing at the end", w.name, want[i], len(want)-i-1)}
		case want[i] != got[i]:
			return []string{fmt.Sprintf("watch %s: event %d of %d is %v, want %v", w.name, i, len(want), got[i], want[i])}
		}
	}
	return nil
}

// turns are the changes after a revision as somebody sees them who selects: what begins to match is added, what ceases to
// is deleted and shown as it was, at the revision of the change.
func (t *truth) turns(selects func(string, version) bool, from, last int64) []event {
	var out []event
	for _, c := range t.changes {
		if c.revision <= from || c.revision > last {
			continue
		}
		was := c.old != (version{}) && selects(c.key, c.old)
		is := c.now != (version{}) && selects(c.key, c.now)
		gone := c.old
		gone.revision = c.revision
		switch {
		case is && !was:
			out = append(out, event{"ADDED", c.key, c.now})
		case is:
			out = append(out, event{"MODIFIED", c.key, c.now})
		case was:
			out = append(out, event{"DELETED", c.key, gone})
		}
	}
	return out
}
