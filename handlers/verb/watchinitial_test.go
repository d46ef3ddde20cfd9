package verb

import (
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// A client that stops taking the initial state keeps nothing in memory once its watch is to end or it was still for too long,
// although nobody asks for more. It starts over if it ever comes back, and is counted where it is to blame.
func TestInitialStateNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		keep    time.Duration
		happens func(*fixture, *watching)
		want    []string
		counted int64
	}{
		"its time is up":     {cache.DefaultKeep, func(_ *fixture, w *watching) { w.ends = time.Now(); w.tick() }, []string{"ERROR @"}, 1},
		"it takes nothing":   {time.Millisecond, func(*fixture, *watching) {}, []string{"ERROR @"}, 1},
		"the server is over": {cache.DefaultKeep, func(f *fixture, _ *watching) { f.handlers.EndWatches() }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixtureThatKeeps(t, 300, c.keep)
			var counted atomic.Int64
			f.handlers.Meter = func(*resource.Resource) Meter { return slow{n: &counted} }
			h := f.hold(t, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
			defer h.source.Ended(false)
			if c.keep == cache.DefaultKeep { // else it is over already
				if b, err := h.source.Next(); err != nil || len(b) < gathered {
					t.Fatalf("the first piece has %d bytes, %v", len(b), err)
				}
			}
			w := f.handlers.open.all[0]
			c.happens(f, w)
			for end := time.Now().Add(20 * time.Second); w.initial.Load() != letGo; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the initial state is still kept")
				}
			}
			got, err := h.events(t, 1)
			if err != io.EOF || !slices.Equal(got, c.want) || counted.Load() != c.counted {
				t.Errorf("%v, %v, %d counted as slow", got, err, counted.Load())
			}
		})
	}
}

// The timer does nothing to a client that takes the initial state.
func TestInitialStateTakenSlowly(t *testing.T) {
	f := newFixture(t, 300)
	h := f.hold(t, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
	defer h.source.Ended(false)
	w, n := f.handlers.open.all[0], 0
	for n <= 300 {
		w.tick()
		b, err := h.source.Next()
		if err != nil || len(b) == 0 {
			t.Fatalf("after %d events %q, %v", n, b, err)
		}
		n += strings.Count(string(b), "\n")
	}
	if i := w.initial.Load(); i != nil {
		t.Errorf("of %d objects something is left", n)
	}
}
