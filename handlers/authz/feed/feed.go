// Package feed keeps something in memory up to date with parts of the store: it lists some prefixes, follows their
// changes, and lists again what it lost.
package feed

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Sink takes what the feed reads. Its methods are called by one goroutine only, that of Run.
type Sink interface {
	// Replace makes items everything that is under the prefix of that number. They can be had once, before it returns; what
	// it does not take is passed over. An error among them ends them: then they are replaced again before anything is
	// published.
	Replace(prefix int, items iter.Seq2[storage.KeyValue, error])
	// Change takes one change under the prefix of that number; never a bookmark.
	Change(prefix int, e storage.Event)
	// Publish lets others see what came since the last call. It is called when no more is waiting, or a thousand changes came,
	// so that a burst of changes costs few publications. Never before every prefix was listed once.
	Publish()
}

// Feed follows prefixes of a store. Make one with New.
type Feed struct {
	store    storage.Store
	prefixes []string
	sink     Sink
	log      *slog.Logger
	ready    chan struct{}
	pause    time.Duration
}

// New makes a feed of collections, which are numbered as they are given. It does nothing before Run.
func New(store storage.Store, followed []storage.Collection, sink Sink, log *slog.Logger) *Feed {
	prefixes := make([]string, len(followed))
	for i, c := range followed {
		prefixes[i] = c.Prefix()
	}
	return &Feed{store: store, prefixes: prefixes, sink: sink, log: log, ready: make(chan struct{}), pause: 20 * time.Millisecond}
}

// ErrNotReady: not everything has been listed yet.
var ErrNotReady = errors.New("the first list is not complete")

// Ready is nil once what Run read first has been published. It stays so: what is known of a store that cannot be reached
// is still the best that is known.
func (f *Feed) Ready() error {
	select {
	case <-f.ready:
		return nil
	default:
		return ErrNotReady
	}
}

// Wait returns when the feed is ready, or with the error of ctx.
func (f *Feed) Wait(ctx context.Context) error {
	select {
	case <-f.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// burst is how many changes at most are taken in before they are published.
const burst = 1000

// message is a list or one change.
type message struct {
	prefix int
	list   *list
	event  storage.Event
}

// pageSize is how much of a list is read at once: objects lie packed in the store's cache, and all pods of a large cluster
// should not be in memory unpacked.
const pageSize = 500

// list is one that is being read. The reader closes pages after the last one, or after it has set err.
type list struct {
	pages chan []storage.KeyValue
	err   error
}

func (l *list) items(yield func(storage.KeyValue, error) bool) {
	for page := range l.pages {
		for _, kv := range page {
			if !yield(kv, nil) {
				return
			}
		}
	}
	if l.err != nil {
		yield(storage.KeyValue{}, l.err)
	}
}

// finish takes what the sink did not want, for which the reader would wait, and says whether all was read.
func (l *list) finish() bool {
	for range l.pages {
	}
	return l.err == nil
}

// Run feeds the sink until ctx ends. It must run once.
func (f *Feed) Run(ctx context.Context) {
	messages := make(chan message, 64)
	var readers sync.WaitGroup
	for i := range f.prefixes {
		readers.Go(func() { f.read(ctx, i, messages) })
	}
	defer readers.Wait()
	missing := make(map[int]bool, len(f.prefixes))
	for i := range f.prefixes {
		missing[i] = true
	}
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-messages:
			f.take(m, missing)
		}
		// Publishing waits for a burst to end, but not for ever: a right that was taken away must go also while others write.
		for more, taken := true, 1; more && taken < burst; taken++ {
			select {
			case m := <-messages:
				f.take(m, missing)
			default:
				more = false
			}
		}
		if len(missing) > 0 {
			continue
		}
		f.sink.Publish()
		if f.Ready() != nil {
			close(f.ready)
		}
	}
}

func (f *Feed) take(m message, missing map[int]bool) {
	if m.list != nil {
		missing[m.prefix] = true
		f.sink.Replace(m.prefix, m.list.items)
		if m.list.finish() {
			delete(missing, m.prefix)
		}
		return
	}
	f.sink.Change(m.prefix, m.event)
}

// read lists and follows one prefix. After a failure it begins again, at first soon, then more slowly.
func (f *Feed) read(ctx context.Context, prefix int, out chan<- message) {
	const slowest = 5 * time.Second
	pause := f.pause
	for {
		listed, err := f.follow(ctx, prefix, out)
		if ctx.Err() != nil {
			return
		}
		if listed {
			pause = f.pause
		}
		f.log.Warn("following the store broke off and begins again", "prefix", f.prefixes[prefix], "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, slowest)
	}
}

var errEnded = errors.New("the watch ended")

func (f *Feed) follow(ctx context.Context, prefix int, out chan<- message) (listed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	revision, err := f.list(ctx, prefix, out)
	if err != nil {
		return false, err
	}
	w, err := f.store.Watch(ctx, f.prefixes[prefix], revision)
	if err != nil {
		return true, err
	}
	defer w.Stop()
	for e := range w.Events() {
		if e.Type != storage.Bookmark && !send(ctx, out, message{prefix: prefix, event: e}) {
			return true, ctx.Err()
		}
	}
	if err := w.Err(); err != nil {
		return true, err
	}
	return true, errEnded
}

// list reads a prefix in pages at one revision, which it returns; the sink takes one while the next is read.
func (f *Feed) list(ctx context.Context, prefix int, out chan<- message) (revision int64, err error) {
	page, err := f.store.List(ctx, f.prefixes[prefix], storage.ListOptions{Limit: pageSize})
	if err != nil {
		return 0, err
	}
	l := &list{pages: make(chan []storage.KeyValue, 1)}
	defer close(l.pages)
	if !send(ctx, out, message{prefix: prefix, list: l}) {
		return 0, ctx.Err()
	}
	for revision = page.Revision; ; {
		select {
		case l.pages <- page.Items:
		case <-ctx.Done():
			l.err = ctx.Err()
			return 0, l.err
		}
		if page.Remaining == 0 || len(page.Items) == 0 {
			return revision, nil
		}
		from := page.Items[len(page.Items)-1].Key + "\x00"
		page, l.err = f.store.List(ctx, f.prefixes[prefix], storage.ListOptions{Limit: pageSize, From: from, Revision: revision})
		if l.err != nil {
			return 0, l.err
		}
	}
}

func send(ctx context.Context, out chan<- message, m message) bool {
	select {
	case out <- m:
		return true
	case <-ctx.Done():
		return false
	}
}
