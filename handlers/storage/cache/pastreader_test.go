package cache

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// All pasts together are bounded: what does not fit any more is the oldest, and whoever wants to hear of it is too late.
func TestPastIsBounded(t *testing.T) {
	var taken atomic.Int64
	const others = mostPast - 100_000
	taken.Store(others)
	r := pastReader{past: &past{from: 10, through: 2000, taken: &taken}, packer: &packer{}, last: map[string]*Entry{}}
	for i := range int64(1000) {
		e := storage.Event{Key: fmt.Sprintf("/x/%d", i%50), Revision: 11 + i, Value: podLike(int(i))}
		if i >= 50 {
			e.Previous, e.PreviousRevision = podLike(int(i-50)), e.Revision-50
		}
		r.add(e)
	}
	p := r.done()
	if n := len(p.events); n < 5 || n > 100 || p.events[0].Revision != p.from+1 || p.events[n-1].Revision != 1010 {
		t.Fatalf("%d changes are kept, from %d", n, p.from)
	}
	if now := taken.Load(); now > mostPast || now < mostPast-20_000 || now != others+p.bytes {
		t.Errorf("%d bytes are taken, %d of them by this one", now, p.bytes)
	}
	for i, e := range p.events[1:] {
		if e.Old == nil || e.Old.Revision != e.Revision-50 || i >= 50 && e.Old != p.events[i+1-50].New {
			t.Errorf("change %d replaced %+v", e.Revision, e.Old)
		}
	}
	h := hubAt(2000)
	h.wide.past = p
	if h.join(following(h, p.from-1, Selection{Prefix: ""})) {
		t.Error("joined from before what is kept")
	}
	if !h.join(following(h, p.from, Selection{Prefix: ""})) {
		t.Error("did not join")
	}
	h.trim(2000, p.read.Add(time.Second))
	if taken.Load() != others || h.wide.past != nil {
		t.Errorf("%d bytes are taken after the end", taken.Load())
	}
}

// What was read ends with the log that it is to be joined with.
func TestPastThatIsTooOld(t *testing.T) {
	h := hubAt(100)
	var taken atomic.Int64
	p := &past{from: 10, through: 100, taken: &taken, read: time.Now()}
	h.log("/x/").past = p
	if !h.join(following(h, 20, Selection{Prefix: "/x/"})) {
		t.Fatal("did not join")
	}
	h.write("/x/a", 101)
	h.write("/x/b", 102)
	h.trim(101, time.Time{})
	if h.join(following(h, 20, Selection{Prefix: "/x/"})) || h.log("/x/").past != nil {
		t.Error("joined with a hole between past and present")
	}
	waits := following(h, 20, Selection{Prefix: "/x/"})
	log := h.log("/x/")
	log.waiting = append(log.waiting, waits)
	waits.waiting = true
	h.waiting++
	h.remembered(log, p, 10, nil)
	if _, _, err := waits.Next(); err == nil || h.waiting != 0 {
		t.Errorf("one that waited for it goes on: %v", err)
	}
}
